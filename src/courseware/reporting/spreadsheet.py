"""The report as CSV: a line for every check and message key, with the check's figures in each."""

import csv
import io
from collections.abc import Iterator, Sequence

from courseware.reporting.figures import CheckFigures, Mistake, StepFigures, TaskFigures
from courseware.views.untrusted import spreadsheet_text

HEADINGS = (
    "step", "task", "task title", "check", "sentence", "hidden", "points",
    "judged", "passed", "failed", "not reached", "message key", "students", "asked", "expected", "came",
)  # fmt: skip


def spreadsheet(steps: Sequence[StepFigures]) -> str:
    """The CSV text. A check that nobody failed has one line; so has a way of not starting, without a task."""
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
