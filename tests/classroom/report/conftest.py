"""Verdicts made up for a class, about a step with two tasks and three checks."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from courseware.classroom.grading.grading import SubmissionResult
from courseware.course import Step, load_course
from courseware.verdict import ApplicationReport, CheckResult, Failure, Outcome, StartFailure, TaskResult, Verdict

MINIATURE = Path(__file__).parents[2] / "miniature_course"
CHECKS = (("greets", "1.1", True), ("trims_name", "1.1", False), ("refuses_blank_name", "1.2", True))
HOSTILE = "</dd><script>document.title = 'forged'</script>\x1b[2J\u202eevil"
FORMULA = '=HYPERLINK("x")'


@pytest.fixture
def step() -> Step:
    return load_course(MINIATURE).step(1)


def result(student: str, *, seconds: float = 1.0, got: str = "500", **failed: str) -> SubmissionResult:
    """A submission that failed these checks, each with this message key; "skipped" stands for never reached."""
    checks = tuple(
        _check(identifier, task, visible, failed.get(identifier), got) for identifier, task, visible in CHECKS
    )
    return SubmissionResult(student, _verdict(checks, ApplicationReport(started=True), seconds))


def not_started(student: str, text: str) -> SubmissionResult:
    """A submission whose application cannot be imported."""
    checks = tuple(_check(name, task, visible, "skipped", "") for name, task, visible in CHECKS)
    failure = StartFailure(phase="import", text=text)
    return SubmissionResult(student, _verdict(checks, ApplicationReport(started=False, failure=failure), 0.5))


def _check(identifier: str, task: str, visible: bool, key: str | None, got: str) -> CheckResult:
    outcome = {None: Outcome.PASSED, "skipped": Outcome.SKIPPED}.get(key, Outcome.FAILED)
    failure = None
    if key is not None and outcome is Outcome.FAILED:
        failure = Failure(key=key, asked=f"GET /{identifier}", expected="200", got=got)
    return CheckResult(
        id=identifier,
        task=task,
        sentence=f"It {identifier}.",
        visible=visible,
        outcome=outcome,
        points=3 if outcome is Outcome.PASSED else 0,
        points_possible=3,
        failure=failure,
        seconds=0.1,
    )


def _verdict(checks: tuple[CheckResult, ...], application: ApplicationReport, seconds: float) -> Verdict:
    tasks = tuple(
        TaskResult(
            id=task,
            title="A task",
            points=sum(check.points for check in checks if check.task == task),
            points_possible=sum(check.points_possible for check in checks if check.task == task),
            held=all(check.outcome is Outcome.PASSED for check in checks if check.task == task),
        )
        for task in ("1.1", "1.2")
    )
    return Verdict(
        step=1,
        title="Greeting",
        submission="a" * 64,
        checks_version="c" * 64,
        judged_by="bubblewrap",
        judged_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
        seconds=seconds,
        seed=7,
        valid=True,
        application=application,
        tasks=tasks,
        checks=checks,
    )


@pytest.fixture
def class_of_six() -> list[SubmissionResult]:
    """One without a fault, three with mistakes, one that does not start, one that was not taken in."""
    return [
        result("ada", seconds=0.5),
        result("bo", seconds=1.5, trims_name="not_trimmed", got="Hello, Bo !"),
        result("cy", seconds=2.5, trims_name="not_trimmed", refuses_blank_name="blank_accepted", got=HOSTILE),
        result("di", greets="wrong_status", trims_name="skipped", refuses_blank_name="skipped", got='=HYPERLINK("x")'),
        not_started("ed", "Traceback\n  app/main.py line 1\nNameError: name 'aap' is not defined"),
        SubmissionResult(f"fay{HOSTILE}", None, "data.bin is larger than 4 MiB."),
    ]
