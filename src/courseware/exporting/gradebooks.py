"""A class's points as CSV files that learning platforms import: a line for every student, a column for every task.

What these files must look like is known from the platforms' own importers (canvas-lms: lib/gradebook_importer.rb;
moodle: grade/import/csv/classes/load_data.php).
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from courseware.course import Task
from courseware.exporting.graded_class import GradedStep
from courseware.verdict import Verdict
from courseware.views.untrusted import spreadsheet_text

CANVAS_STUDENT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POINTS_POSSIBLE = "    Points Possible"
# Canvas passes over a column with such a name, and takes a number in brackets at its end for its own id of a column.
CANVAS_MISREADS = re.compile(r"(Current|Final|Override) (Score|Points|Grade|Status)|\s\(\d+\)\Z")
# The ids that Canvas and Moodle gave to a student are not ours to know. Both find students by what they log in with.
MOODLE_STUDENT = ("Username",)
# Canvas leaves alone what is empty. Moodle would take that for a grade in a new column, but knows the dash.
CANVAS_NOTHING = ""
MOODLE_NOTHING = "-"
DECIMALS = 4


def canvas_csv(steps: Sequence[GradedStep]) -> str:
    """What Canvas imports into its gradebook. Points that nobody knows are left out, and stay there as they are."""
    tasks = _tasks(steps)
    headings = [*CANVAS_STUDENT, *map(canvas_heading, tasks)]
    possible = [POINTS_POSSIBLE, "", "", "", "", *(_number(task.points) for task in tasks)]
    lines = [[student, "", "", student, "", *points] for student, points in _lines(steps, tasks, CANVAS_NOTHING)]
    return _csv([headings, possible], lines)


def moodle_csv(steps: Sequence[GradedStep]) -> str:
    """What Moodle imports into its gradebook. A dash says that there are no points."""
    tasks = _tasks(steps)
    headings = [*MOODLE_STUDENT, *map(_heading, tasks)]
    return _csv([headings], [[student, *points] for student, points in _lines(steps, tasks, MOODLE_NOTHING)])


def canvas_heading(task: Task) -> str:
    """The name of a task's column, which Canvas understands as nothing else."""
    heading = _heading(task)
    return f"Task {task.id}" if CANVAS_MISREADS.search(heading) else heading


def _heading(task: Task) -> str:
    return " ".join(f"Task {task.id}: {task.title}".split())


def _tasks(steps: Sequence[GradedStep]) -> list[Task]:
    return [task for graded in steps for task in graded.step.tasks]


def _lines(steps: Sequence[GradedStep], tasks: Sequence[Task], nothing: str) -> Iterable[tuple[str, list[str]]]:
    """Every student who handed anything in, with what stands in the tasks' columns."""
    points: dict[str, dict[str, float]] = {}
    for graded in steps:
        for standing in graded.standings:
            points.setdefault(standing.student, {}).update(_points(standing.verdict))
    for student, known in sorted(points.items()):
        yield student, [_number(known[task.id]) if task.id in known else nothing for task in tasks]


def _points(verdict: Verdict | None) -> dict[str, float]:
    return {} if verdict is None else {task.id: task.points for task in verdict.tasks}


def _number(points: float) -> str:
    """Points with a decimal point and no more digits than needed."""
    return f"{points:.{DECIMALS}f}".rstrip("0").rstrip(".")


def _csv(above: Sequence[Sequence[str]], lines: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([[_cell(cell) for cell in line] for line in (*above, *lines)])
    return text.getvalue()


def _cell(text: str) -> str:
    """One line of text, and no formula: Canvas looks for the separator in whole lines."""
    return text if text == MOODLE_NOTHING else spreadsheet_text(" ".join(text.splitlines()))
