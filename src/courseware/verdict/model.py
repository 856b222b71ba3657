"""The verdict's models. `schema.json` beside this file is the same in JSON Schema, for programs that are not ours."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from courseware.base.models import FrozenModel


class Outcome(StrEnum):
    """What became of a check. ERROR is the course's own fault, never the student's loss."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


class Failure(FrozenModel):
    """Why a check failed, in words for the student.

    `key` names the kind of failure for programs (statistics, translations, known mistakes). `asked` is the
    request or the steps that led here, `expected` and `got` what should have come and what came. Whatever of it
    comes from the submission is plain text: who shows it must escape it.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    asked: str
    expected: str
    got: str


class CheckResult(FrozenModel):
    """One check's outcome. `sentence` says what it demands; `points` is what was earned out of `points_possible`.

    `needs_failed` names the check whose failure made this one be skipped (empty when the application did not start).
    `hints` is how many levels of hint there are. `detail` is for the course's maintainers, set for an ERROR alone.
    """

    id: str
    task: str
    sentence: str
    visible: bool
    outcome: Outcome
    points: float = Field(ge=0)
    points_possible: float = Field(ge=0)
    failure: Failure | None = None
    needs_failed: str | None = None
    first_hint: str | None = None
    hints: int = 0
    detail: str | None = None
    seconds: float = Field(ge=0)


class TaskResult(FrozenModel):
    """A task's points: the sum over its checks that were run."""

    id: str
    title: str
    points: float = Field(ge=0)
    points_possible: float = Field(ge=0)
    held: bool


class StartFailure(FrozenModel):
    """Why the application did not come up. `text` holds the student's own frames and the error, as plain text."""

    phase: Literal["migrations", "import", "startup", "ended", "timeout"]
    text: str


class ApplicationReport(FrozenModel):
    """How the application under judgement fared: whether it started, why not, and the end of what it printed."""

    started: bool
    failure: StartFailure | None = None
    log: str = ""


class Verdict(FrozenModel):
    """The judge's whole answer about one submission for one step.

    The same submission, step, checks and seed give the same verdict, but for `judged_at` and the seconds.
    `submission` and `checks_version` are SHA-256 digests (hex) of the files judged and of the checks that judged them.
    `valid` is False when the judge itself failed: then no point may be read off, and a person must look.
    """

    format: Literal[1] = 1
    step: int
    title: str
    submission: str
    checks_version: str
    judged_by: Literal["bubblewrap", "plain"]
    judged_at: datetime
    seconds: float = Field(ge=0)
    seed: int
    valid: bool
    notes: tuple[str, ...] = ()
    application: ApplicationReport
    tasks: tuple[TaskResult, ...]
    checks: tuple[CheckResult, ...]

    @property
    def held(self) -> bool:
        """Whether every check that was run passed."""
        return self.valid and all(check.outcome is Outcome.PASSED for check in self.checks)

    @property
    def points(self) -> float:
        return sum(task.points for task in self.tasks)

    @property
    def points_possible(self) -> float:
        return sum(task.points_possible for task in self.tasks)
