"""The verdict's models. `schema.json` beside this file is the same in JSON Schema, for programs that are not ours."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from courseware.base.models import FrozenModel
from courseware.base.text import encodable

Untrusted = Annotated[str, AfterValidator(encodable)]
"""Text that may come from the submission: plain text, which who shows it must escape. It can always be encoded."""


class Outcome(StrEnum):
    """What became of a check. ERROR is the course's own fault, never the student's loss."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


class Failure(FrozenModel):
    """Why a check failed, in words for the student.

    `key` names the kind of failure for programs (statistics, translations, known mistakes). `asked` is the
    request or the steps that led here, `expected` and `got` what should have come and what came.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    asked: Untrusted
    expected: Untrusted
    got: Untrusted


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
    detail: Untrusted | None = None
    seconds: float = Field(ge=0)


class TaskResult(FrozenModel):
    """A task's points: the sum over its checks that were run. `held`: it has some, and all of them passed."""

    id: str
    title: str
    points: float = Field(ge=0)
    points_possible: float = Field(ge=0)
    held: bool


class StartFailure(FrozenModel):
    """Why the application did not come up. `text` holds the student's own frames and the error, as plain text."""

    phase: Literal["migrations", "import", "startup", "ended", "timeout"]
    text: Untrusted


class ApplicationReport(FrozenModel):
    """How the application under judgement fared: whether it started, why not, and the end of what it printed.

    In a step that judges tests no application of the submission is started, and `log` is what pytest printed.
    """

    started: bool
    failure: StartFailure | None = None
    log: Untrusted = ""


class SuiteTest(FrozenModel):
    """A test of the suite: its pytest node id, and its state.

    Only a `valid` test catches bugs. It passed on every correct variant. An `invalid` one failed there: always
    (`application`), in another order, on another date, or by `chance`. A `skipped` one did not run to its end.
    """

    id: Untrusted
    state: Literal["valid", "application", "order", "date", "chance", "skipped"]
    text: Untrusted = ""


class SuiteBug(FrozenModel):
    """A bug, and what the valid tests did with it. `check` is the id of its check.

    `caught_by` is the first test that failed because of the bug. The tests of `passed` run the code with the bug and do
    not notice it. Those of `untried` run it too, but the bug was caught before. Numbers are places in `tests`.
    """

    check: str
    family: str
    task: str
    visible: bool
    caught_by: int | None = None
    passed: tuple[int, ...] = ()
    untried: tuple[int, ...] = ()
    judged: bool = True


class SuiteReport(FrozenModel):
    """How the tests of a submission fared, in a step that judges tests: the tests, and the bugs that were judged."""

    tests: tuple[SuiteTest, ...] = ()
    bugs: tuple[SuiteBug, ...] = ()

    @property
    def caught(self) -> int:
        """How many bugs the suite found."""
        return sum(bug.caught_by is not None for bug in self.bugs)


class Verdict(FrozenModel):
    """The judge's whole answer about one submission for one step.

    The same submission, step, checks and seed give the same verdict, but for `judged_at` and the seconds.
    `submission` and `checks_version` are SHA-256 digests (hex) of the files judged and of the checks that judged them.
    `valid` is False when the judge itself failed: then no point may be read off, and a person must look. The same holds
    where `cut_short_after` is set: so many seconds were over before all checks had run, and `checks` holds what was
    judged until then. `judged` is what the step judges. `suite` is set where these are tests.
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
    cut_short_after: float | None = Field(default=None, gt=0)
    notes: tuple[Untrusted, ...] = ()
    application: ApplicationReport
    tasks: tuple[TaskResult, ...]
    checks: tuple[CheckResult, ...]
    judged: Literal["application", "tests", "deployment"] = "application"
    suite: SuiteReport | None = None

    @property
    def has_no_start(self) -> bool:
        """Whether an application was to be judged and did not start."""
        return self.judged == "application" and not self.application.started

    @property
    def held(self) -> bool:
        """Whether there are checks, all of them passed, and each task has some of them."""
        passed = all(check.outcome is Outcome.PASSED for check in self.checks)
        return self.valid and passed and bool(self.tasks) and all(task.held for task in self.tasks)

    @property
    def points(self) -> float:
        return sum(task.points for task in self.tasks)

    @property
    def points_possible(self) -> float:
        return sum(task.points_possible for task in self.tasks)
