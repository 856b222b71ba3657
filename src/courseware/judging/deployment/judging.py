"""One judgement of a deployment: the project, the platform, and all that checks have started."""

from types import TracebackType
from typing import Self

from courseware.base.tree import Tree
from courseware.checking.deployment import Blueprint, Compose, Image, Workflow
from courseware.course.model import Platform
from courseware.judging.deployment.releases import Releases
from courseware.judging.sandbox import SandboxKind


class DeploymentJudge:
    """What is judged, for the fixtures. Leaving the block ends all that was started."""

    def __init__(self, tree: Tree, platform: Platform, kind: SandboxKind) -> None:
        self._log = ""
        self.workflow = Workflow(tree)
        self.image = Image(tree)
        self.compose = Compose(tree)
        self.blueprint = Blueprint(tree)
        self.releases = Releases(tree, platform, kind)

    @property
    def log(self) -> str:
        """The end of what the releases of the last check printed."""
        return self._log or self.releases.log

    def end_releases(self) -> None:
        """End all that the check has started."""
        self._log = self.releases.log or self._log
        self.releases.end_releases()

    def end(self) -> None:
        """End all that runs, for good. May be called from another thread."""
        self.releases.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end_releases()
