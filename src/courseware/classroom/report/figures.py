"""Counts what a class's verdicts about one step say."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from courseware.classroom.grading.grading import SubmissionResult
from courseware.course import Step
from courseware.verdict import CheckResult, Outcome, StartFailure, SuiteReport, Verdict
from courseware.views.suites import state_of

EXAMPLE_CHARACTERS = 400


@dataclass(frozen=True)
class Mistake:
    """A message key that a check gave to `students` submissions, with what it said about one of them.

    `check` is empty for an application that did not start. All but `check`, `sentence` and `key` may quote a
    submission: plain text, to be escaped where it is shown.
    """

    check: str
    sentence: str
    key: str
    students: int
    asked: str
    expected: str
    got: str


@dataclass(frozen=True)
class CheckFigures:
    """How many submissions passed a check, failed it, or never came to it because something that it needs failed."""

    id: str
    sentence: str
    visible: bool
    points: float
    passed: int
    failed: int
    skipped: int

    @property
    def judged(self) -> int:
        return self.passed + self.failed + self.skipped


@dataclass(frozen=True)
class TaskFigures:
    """How many submissions earned all of a task's points, some, or none."""

    id: str
    title: str
    points: float
    mean_points: float
    held: int
    partly: int
    nothing: int
    checks: tuple[CheckFigures, ...]


@dataclass(frozen=True)
class BugFigures:
    """How many test suites found a bug, ran its code without noticing it, or never ran its code."""

    check: str
    family: str
    visible: bool
    found: int
    not_noticed: int
    not_reached: int

    @property
    def judged(self) -> int:
        return self.found + self.not_noticed + self.not_reached


@dataclass(frozen=True)
class Seconds:
    """How long the judgements took, each submission's own counted: in all, the usual one, and the longest."""

    total: float
    median: float
    longest: float
    each: tuple[float, ...]


@dataclass(frozen=True)
class StepFigures:
    """A class in figures for one step. `points` holds each judged submission's points, in ascending order.

    `unjudged` are the submissions that a person must look at, or that were not judged yet. `bugs` and `suites` are
    there if the step judges tests: the bugs, and the name and the suite of each student.
    """

    number: int
    title: str
    points_possible: float
    points: tuple[float, ...]
    not_started: int
    tasks: tuple[TaskFigures, ...]
    mistakes: tuple[Mistake, ...]
    seconds: Seconds
    unjudged: tuple[SubmissionResult, ...]
    bugs: tuple[BugFigures, ...] = ()
    suites: tuple[tuple[str, SuiteReport], ...] = ()

    @property
    def judged(self) -> int:
        return len(self.points)

    @property
    def full_marks(self) -> int:
        return sum(points == self.points_possible for points in self.points)

    @property
    def mean_points(self) -> float:
        return fmean(self.points) if self.points else 0

    @property
    def median_points(self) -> float:
        return median(self.points) if self.points else 0


def figures(step: Step, results: Sequence[SubmissionResult]) -> StepFigures:
    """What the class's submissions for `step` say together."""
    verdicts = [result.verdict for result in results if result.verdict is not None]
    seconds = tuple(sorted(verdict.seconds for verdict in verdicts))
    return StepFigures(
        number=step.number,
        title=step.title,
        points_possible=sum(task.points for task in step.tasks),
        points=tuple(sorted(verdict.points for verdict in verdicts)),
        not_started=sum(verdict.has_no_start for verdict in verdicts),
        tasks=tuple(_task(task.id, task.title, task.points, verdicts) for task in step.tasks),
        mistakes=tuple(_mistakes(verdicts)),
        seconds=Seconds(sum(seconds), median(seconds), max(seconds), seconds) if seconds else Seconds(0, 0, 0, ()),
        unjudged=tuple(result for result in results if result.verdict is None),
        bugs=tuple(_bugs(verdicts)),
        suites=tuple((each.student, each.verdict.suite) for each in results if each.verdict and each.verdict.suite),
    )


def _task(identifier: str, title: str, possible: float, verdicts: Sequence[Verdict]) -> TaskFigures:
    earned = [task.points for verdict in verdicts for task in verdict.tasks if task.id == identifier]
    held = sum(task.held for verdict in verdicts for task in verdict.tasks if task.id == identifier)
    nothing = sum(points == 0 for points in earned)
    return TaskFigures(
        id=identifier,
        title=title,
        points=possible,
        mean_points=fmean(earned) if earned else 0,
        held=held,
        partly=len(earned) - held - nothing,
        nothing=nothing,
        checks=tuple(_checks(identifier, verdicts)),
    )


def _checks(task: str, verdicts: Sequence[Verdict]) -> list[CheckFigures]:
    """The task's checks, in the order in which verdicts have them."""
    results: defaultdict[str, list[CheckResult]] = defaultdict(list)
    for verdict in verdicts:
        for check in verdict.checks:
            if check.task == task:
                results[check.id].append(check)
    return [
        CheckFigures(
            id=identifier,
            sentence=found[0].sentence,
            visible=found[0].visible,
            points=found[0].points_possible,
            passed=sum(check.outcome is Outcome.PASSED for check in found),
            failed=sum(check.outcome is Outcome.FAILED for check in found),
            skipped=sum(check.outcome is Outcome.SKIPPED for check in found),
        )
        for identifier, found in results.items()
    ]


def _bugs(verdicts: Sequence[Verdict]) -> list[BugFigures]:
    """In the order of the course. A run that broke off found nothing."""
    told = [bug for verdict in verdicts if verdict.suite is not None for bug in verdict.suite.bugs]
    counts = Counter((bug.check, state_of(bug)) for bug in told)
    return [
        BugFigures(
            check=check,
            family=bug.family,
            visible=bug.visible,
            found=counts[check, "found"],
            not_noticed=counts[check, "not noticed"] + counts[check, "not judged"],
            not_reached=counts[check, "not reached"],
        )
        for check, bug in {bug.check: bug for bug in told}.items()
    ]


def _mistakes(verdicts: Sequence[Verdict]) -> list[Mistake]:
    """The most common first; the example of each is the first that was met."""
    told = [mistake for verdict in verdicts for mistake in _mistakes_in(verdict)]
    counts = Counter((mistake.check, mistake.key) for mistake in told)
    first = {(mistake.check, mistake.key): mistake for mistake in reversed(told)}
    return [
        replace(first[kind], students=count)
        for kind, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _mistakes_in(verdict: Verdict) -> list[Mistake]:
    if verdict.has_no_start:
        return [_start_mistake(verdict.application.failure)]
    return [
        Mistake(
            check=check.id,
            sentence=check.sentence,
            key=check.failure.key,
            students=1,
            asked=_short(check.failure.asked),
            expected=_short(check.failure.expected),
            got=_short(check.failure.got),
        )
        for check in verdict.checks
        if check.failure is not None
    ]


def _start_mistake(failure: StartFailure | None) -> Mistake:
    return Mistake(
        check="",
        sentence="The application starts.",
        key=f"no_start_{failure.phase if failure else 'unknown'}",
        students=1,
        asked="the application to start",
        expected="an application that answers",
        got=_end_of(failure.text if failure else "nothing that says why"),
    )


def _short(text: str) -> str:
    return text if len(text) <= EXAMPLE_CHARACTERS else f"{text[:EXAMPLE_CHARACTERS]} …"


def _end_of(text: str) -> str:
    """Of a traceback, the error stands at the end."""
    return text if len(text) <= EXAMPLE_CHARACTERS else f"… {text[-EXAMPLE_CHARACTERS:]}"
