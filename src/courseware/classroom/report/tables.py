"""The report as tables: on a terminal, and as CSV with a line for every check and message key."""

import csv
import io
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from courseware.base.text import spreadsheet_text
from courseware.classroom.report.figures import CheckFigures, Mistake, StepFigures, TaskFigures
from courseware.views.terminal.verdict import columns, count, points, shown

HEADINGS = (
    "step", "task", "task title", "check", "sentence", "hidden", "points",
    "judged", "passed", "failed", "not reached", "message key", "students", "asked", "expected", "came",
)  # fmt: skip
MISTAKES = 10
CELLS = 20


def spreadsheet(steps: Sequence[StepFigures]) -> str:
    """The CSV text. A check that no student failed has one line; so has a way of not starting, without a task."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADINGS)
    for step in steps:
        writer.writerows([[_cell(value) for value in line] for line in _lines(step)])
    return text.getvalue()


def _lines(step: StepFigures) -> Iterator[list[object]]:
    whole = [step.judged, step.judged - step.not_started, step.not_started, 0]
    for no_start in _of(step, ""):
        yield [step.number, "", "", "", no_start.sentence, "", "", *whole, *_mistake(no_start)]
    for task in step.tasks:
        for check in task.checks:
            before = [step.number, *_check(task, check)]
            found: list[Mistake | None] = [*_of(step, check.id)]
            for mistake in found or [None]:
                yield [*before, *_mistake(mistake)]


def _of(step: StepFigures, check: str) -> list[Mistake]:
    return [mistake for mistake in step.mistakes if mistake.check == check]


def _check(task: TaskFigures, check: CheckFigures) -> list[object]:
    described = [task.id, task.title, check.id, check.sentence, "" if check.visible else "hidden", check.points]
    return [*described, check.judged, check.passed, check.failed, check.skipped]


def _mistake(mistake: Mistake | None) -> list[object]:
    if mistake is None:
        return ["", 0, "", "", ""]
    return [mistake.key, mistake.students, mistake.asked, mistake.expected, mistake.got]


def _cell(value: object) -> object:
    """A text that nothing takes for more than a text."""
    return spreadsheet_text(value) if isinstance(value, str) else value


def report_view(steps: list[StepFigures]) -> RenderableType:
    """What the class's verdicts say, a part for each step. The HTML page says more."""
    return Group(*(part for step in steps for part in _step(step)))


def _step(step: StepFigures) -> Iterator[RenderableType]:
    yield shown(f"Step {step.number}: {step.title}", "bold")
    yield shown(
        f"{count(step.judged, 'submission')} judged, {step.full_marks} with full marks, {step.not_started} did not "
        f"start; median {points(round(step.median_points, 1))} of {points(step.points_possible)} points"
    )
    if step.judged:
        seconds = step.seconds
        yield shown(
            f"{seconds.total:.0f} s to judge them all, {seconds.median:.1f} s the median, {seconds.longest:.1f} s the "
            "longest",
            "dim",
        )
    for result in step.unjudged:
        yield Text.assemble(("needs a look  ", "yellow"), shown(f"{result.student}: {result.remark}"))
    if step.judged:
        yield Text()
        yield _checks(step)
        yield Text()
        yield from _mistakes(step.mistakes)
    yield Text()


def _checks(step: StepFigures) -> Table:
    """How many fail, by task and check; a check that was never reached is dimmed in the bar."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("Task and check")
    for heading in ("passed", "failed", "not reached"):
        table.add_column(heading, justify="right")
    table.add_column("failed or not reached")
    for task in step.tasks:
        fallen = task.partly + task.nothing
        title = shown(f"{task.id} {task.title}", "bold")
        table.add_row(title, str(task.held), str(fallen), "", _bar(fallen, 0, step.judged))
        for check in task.checks:
            name = shown(f"  {check.id}{'' if check.visible else ' (hidden)'}")
            numbers = (str(check.passed), str(check.failed), str(check.skipped or ""))
            table.add_row(name, *numbers, _bar(check.failed, check.skipped, step.judged))
    return table


def _bar(failed: int, skipped: int, of: int) -> Text:
    red = round(CELLS * failed / of)
    return Text.assemble(("█" * red, "red"), ("█" * (round(CELLS * (failed + skipped) / of) - red), "bright_black"))


def _mistakes(mistakes: tuple[Mistake, ...]) -> Iterator[RenderableType]:
    if not mistakes:
        return
    yield shown("Most common mistakes", "bold")
    for mistake in mistakes[:MISTAKES]:
        yield Text.assemble(
            (f"{mistake.students:>3} × ", "red"),
            shown(mistake.key, "bold"),
            shown(f"  {mistake.check or 'the application'}: {mistake.sentence}"),
        )
        example = columns()
        for name, text in (("asked", mistake.asked), ("expected", mistake.expected), ("came", mistake.got)):
            example.add_row("     ", shown(name, "dim"), shown(text))
        yield example
    if len(mistakes) > MISTAKES:
        yield shown(f"     and {len(mistakes) - MISTAKES} more, which --csv and --html have", "dim")
