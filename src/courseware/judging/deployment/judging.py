"""One judgement of a deployment: the project, the platform, and all that checks have started."""

from types import TracebackType
from typing import Self

from courseware.base.tree import Tree
from courseware.checking.deployment import Image, Workflow
from courseware.course.model import Platform
from courseware.judging.sandbox import SandboxKind


class DeploymentJudge:
    """What is judged, for the fixtures. Leaving the block ends all that was started."""

    def __init__(self, tree: Tree, platform: Platform, kind: SandboxKind) -> None:
        self.platform = platform
        self.workflow = Workflow(tree)
        self.image = Image(tree)
        self._kind = kind

    @property
    def log(self) -> str:
        """The end of what was printed."""
        return ""

    def end(self) -> None:
        """End all that runs, for good. May be called from another thread."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()
