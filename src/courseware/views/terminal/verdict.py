"""A verdict on a terminal, and the parts that every view on a terminal is made of.

Every text becomes a `rich.text.Text` through `shown`, so that nothing in it is taken for markup or for a terminal's
control codes, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from courseware.base.text import printable
from courseware.verdict import CheckResult, Outcome, Verdict
from courseware.views import suites
from courseware.views.wording import COURSE_FAULT, PHASES, SIGNS, circumstances, course_faults, too_long

STYLES = {Outcome.PASSED: "green", Outcome.FAILED: "red", Outcome.SKIPPED: "dim", Outcome.ERROR: "magenta"}
SUITE_STYLES = {"found": "green", "not noticed": "red", "not reached": "yellow", "not judged": "magenta"}


def shown(text: str, style: str = "") -> Text:
    """A text from anywhere, as it may be printed. What is too long for its place goes on in the next line."""
    return Text(printable(text), style, overflow="fold")


def points(value: float) -> str:
    """Points as they are written: 3, or 2.5."""
    return f"{value:g}"


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 check, 2 checks."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def columns() -> Table:
    """An empty table of nothing but columns."""
    return Table.grid(padding=(0, 2, 0, 0))


def sign(outcome: Outcome) -> Text:
    """The sign of an outcome, which says it without its colour too."""
    return Text(SIGNS[outcome], STYLES[outcome])


if TYPE_CHECKING:
    from courseware.course import Step


def verdict_view(verdict: Verdict, step: Step, task: str | None = None) -> RenderableType:
    """A verdict about the whole step, or about one task. What outranks everything else is shown alone."""
    if verdict.cut_short_after is not None:
        return Group(*_cut_short(verdict, task))
    if not verdict.valid:
        return Group(*_course_fault(verdict))
    if verdict.application.failure is not None:
        return Group(*_start_failure(verdict))
    return Group(
        _tasks(verdict, task), *_failures(verdict, task), *_suite(verdict, task), *_summary(verdict, step, task)
    )


def checks_view(verdict: Verdict) -> RenderableType:
    """Every check with its outcome, a line each."""
    table = columns()
    for check in verdict.checks:
        table.add_row(sign(check.outcome), shown(check.task), shown(check.id, "bold"), shown(check.sentence))
    return table


def _tasks(verdict: Verdict, task: str | None) -> RenderableType:
    table = Table("", "Task", "", "Points", box=None, pad_edge=False, header_style="dim", title_justify="left")
    table.columns[3].justify = "right"
    for result in verdict.tasks:
        if task in (None, result.id):
            table.add_row(
                sign(Outcome.PASSED if result.held else Outcome.FAILED),
                shown(result.id),
                shown(result.title),
                f"{points(result.points)} / {points(result.points_possible)}",
            )
    heading = Text.assemble((f"Step {verdict.step}  ", "bold"), shown(verdict.title, "bold"))
    return Group(heading, table)


def _suite(verdict: Verdict, task: str | None) -> Iterator[RenderableType]:
    """The bugs that a suite found, by family, and which test caught which."""
    report = verdict.suite
    bugs = [] if report is None else [bug for bug in report.bugs if task in (None, bug.task)]
    if report is None or not bugs:
        return
    yield Text("")
    yield shown(suites.headline(bugs), "bold")
    table = columns()
    for family, found, total in suites.families(bugs):
        table.add_row(shown(family, "bold"), f"{found} of {total}", "")
        for bug in bugs:
            if bug.family == family:
                state = suites.state_of(bug)
                mark = Text(suites.SIGNS[state], SUITE_STYLES[state])
                table.add_row(
                    Text.assemble("  ", mark, " ", shown(bug.check)), "", shown(suites.explanation(bug, report))
                )
    yield table


def _failures(verdict: Verdict, task: str | None) -> Iterator[RenderableType]:
    """In full those of the first task that has any, since later ones often follow from them; the rest by name."""
    failed = [check for check in verdict.checks if check.outcome is Outcome.FAILED]
    first = failed[0].task if failed else None
    for check in failed:
        if task is not None or check.task == first:
            yield _failure(check)
    rest = [check for check in failed if task is None and check.task != first]
    if rest:
        yield Text("")
        table = columns()
        for check in rest:
            table.add_row(sign(check.outcome), shown(check.task), shown(check.id, "bold"), shown(check.sentence))
        yield table
        yield shown(f"In full: course check {verdict.step} {rest[0].task}", "dim")


def _failure(check: CheckResult) -> RenderableType:
    heading = Text.assemble(sign(check.outcome), " ", shown(check.id, "bold red"), ("  task " + check.task, "dim"))
    table = columns()
    if check.failure is not None:
        table.add_row(Text("asked", "dim"), shown(check.failure.asked))
        table.add_row(Text("expected", "dim"), shown(check.failure.expected, "green"))
        table.add_row(Text("got", "dim"), shown(check.failure.got, "red"))
    if check.first_hint:
        table.add_row(Text("hint", "dim"), shown(check.first_hint, "yellow"))
    if check.hints > 1:
        table.add_row(Text("more", "dim"), shown(f"course hint {check.id}"))
    return Group(Text(""), heading, Padding(Group(shown(check.sentence), table), (0, 0, 0, 2), expand=False))


def _summary(verdict: Verdict, step: Step, task: str | None) -> Iterator[RenderableType]:
    yield Text("")
    yield from _not_run(verdict.checks)
    tasks = [result for result in verdict.tasks if task in (None, result.id)]
    earned, possible = sum(each.points for each in tasks), sum(each.points_possible for each in tasks)
    what = f"Step {verdict.step}" if task is None else f"Task {task}"
    state = f"{what} is solved" if verdict.held else f"{what} is not solved yet"
    yield shown(f"{state}: {points(earned)} of {points(possible)} points.", "bold green" if verdict.held else "bold")
    hidden = sum(each.points for each in step.tasks if task in (None, each.id)) - possible
    if hidden > 0:
        yield shown(f"Checks that are not shown decide about {points(hidden)} more when the work is graded.", "dim")
    questions = step.lesson.questions
    if verdict.held and task is None and questions:
        worth = points(sum(question.points for question in questions))
        left = f"Left to do: {count(len(questions), 'question')} to answer in words, in the notebook"
        yield shown(f"{left}, for {worth} points.", "dim")
    yield shown(circumstances(verdict), "dim")


def _not_run(checks: tuple[CheckResult, ...]) -> Iterator[RenderableType]:
    """How many checks wait, and for which failed ones; what waits for those that wait themselves is not named."""
    skipped = [check for check in checks if check.outcome is Outcome.SKIPPED]
    failed = [check.id for check in checks if check.outcome is Outcome.FAILED]
    needs = [name for name in failed if any(check.needs_failed == name for check in skipped)]
    if skipped:
        reason = f"Waiting for {', '.join(needs)}" if needs else "Not run, because your application has ended"
        yield shown(f"{reason}: {count(len(skipped), 'check')}.", "dim")


def _start_failure(verdict: Verdict) -> Iterator[RenderableType]:
    failure = verdict.application.failure
    assert failure is not None
    yield shown(PHASES[failure.phase], "bold red")
    yield Padding(shown(failure.text.strip("\n")), (1, 0, 1, 2), expand=False)
    yield shown(f"Nothing else could be judged: 0 of {points(verdict.points_possible)} points.", "bold")
    yield shown(circumstances(verdict), "dim")


def _cut_short(verdict: Verdict, task: str | None) -> Iterator[RenderableType]:
    """How far the judge came, and what failed until then."""
    yield shown(too_long(verdict), "bold red")
    yield shown("There are no points. The log of your application may show what took so long.", "bold")
    yield from _failures(verdict, task)
    yield shown(circumstances(verdict), "dim")


def _course_fault(verdict: Verdict) -> Iterator[RenderableType]:
    yield shown(COURSE_FAULT, "bold")
    for detail in course_faults(verdict):
        yield Padding(shown(detail), (1, 0, 0, 2), expand=False)
    yield Text("")
    yield shown("Please report this to your instructor.")
