"""The result of a job of a workflow that was run."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from courseware.base.tree import Tree
from courseware.checking.deployment.plan import Event
from courseware.checking.deployment.workflow_files import Job

Outcome = Literal["success", "failure", "skipped", "not_run"]


@dataclass(frozen=True)
class StepRun:
    """A step of a job that was run.

    Args:
        outcome: how it ended; "not_run" for an action, which is not carried out.
        conclusion: what counts: a failure with `continue-on-error` counts as a success.
        exit_code: of its script; None for one that was not run, or ended after its time.
        text: the end of what it printed.
    """

    name: str
    outcome: Outcome
    conclusion: Outcome
    exit_code: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Call:
    """A call of a program for which a stub stands. A script could record calls that it did not make."""

    program: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class HookCall:
    """A request that reached the judge's server for the deploy hook."""

    method: str
    target: str


@dataclass(frozen=True)
class JobRun:
    """How a job ended.

    Args:
        uses_of: how often each service container was used: connections to PostgreSQL, commands to Redis.
    """

    result: Literal["success", "failure"]
    steps: tuple[StepRun, ...]
    calls: tuple[Call, ...]
    hook_calls: tuple[HookCall, ...]
    uses_of: Mapping[str, int]

    @property
    def text(self) -> str:
        """The end of what each step printed."""
        return "\n".join(step.text for step in self.steps if step.text)


class JobRunner(Protocol):
    """What runs jobs, and the linter of workflows."""

    def lint(self, files: Tree) -> Sequence[str]:
        """The errors that the linter finds in these workflows, in words."""

    def run_job(
        self,
        job: Job,
        event: Event,
        tests: Mapping[str, bytes],
        secrets: Mapping[str, str],
        failing: Collection[str],
        hook_status: int,
    ) -> JobRun:
        """Run the job. Raises CheckFailed for one that GitHub would refuse."""
