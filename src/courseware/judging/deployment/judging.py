"""One judgement of a deployment: the project, the platform, and all that checks have started."""

from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Self

from courseware.base.tree import Tree
from courseware.checking.deployment import Blueprint, Compose, Event, Image, Job, JobRun, Workflow
from courseware.course.model import Platform
from courseware.judging.deployment.job_running import run_job
from courseware.judging.deployment.linting import lint
from courseware.judging.deployment.releases import Releases
from courseware.judging.sandbox import SandboxKind
from courseware.judging.sandbox.machine import Machine

OVER = "The time for the judgement was over."


class DeploymentJudge:
    """What is judged, for the fixtures. Leaving the block ends all that was started."""

    def __init__(self, tree: Tree, platform: Platform, kind: SandboxKind) -> None:
        self._log = ""
        self.workflow = Workflow(tree, self)
        self._tree = tree
        self._kind: SandboxKind = kind
        self._job_machine: Machine | None = None
        self._is_over = False
        self.image = Image(tree)
        self.compose = Compose(tree)
        self.blueprint = Blueprint(tree)
        self.releases = Releases(tree, platform, kind)

    @property
    def log(self) -> str:
        """The end of what the releases of the last check printed."""
        return self._log or self.releases.log

    def run_job(
        self,
        job: Job,
        event: Event,
        tests: Mapping[str, bytes],
        secrets: Mapping[str, str],
        failing: Collection[str],
        hook_status: int,
    ) -> JobRun:
        """Run a job of the workflows. Raises CheckFailed for one that GitHub would refuse."""
        return run_job(self._tree, self._kind, job, event, tests, secrets, failing, hook_status, self._note_machine)

    def lint(self, files: Tree) -> Sequence[str]:
        """The errors that the linter finds in these workflows, in words."""
        return lint(files, self._kind)

    def _note_machine(self, machine: Machine) -> None:
        self._job_machine = machine
        if self._is_over:
            machine.kill(OVER)

    def end_releases(self) -> None:
        """End all that the check has started."""
        self._log = self.releases.log or self._log
        self.releases.end_releases()

    def end(self) -> None:
        """End all that runs, for good. May be called from another thread."""
        self._is_over = True
        self.releases.end()
        if self._job_machine is not None:
            self._job_machine.kill(OVER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end_releases()
