"""A class's points as CSV files that learning platforms import: a line for every student, a column for every task.

A task has the judge's points, or those that somebody gave by hand in nbgrader's gradebook. So have the questions in
words, and whatever else is graded there.

What these files must look like is known from the platforms' own importers (canvas-lms: lib/gradebook_importer.rb;
moodle: grade/import/csv/classes/load_data.php).
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from courseware.base.text import spreadsheet_text
from courseware.classroom.export.graded_class import GradedStep
from courseware.classroom.grading.grading import SubmissionResult
from courseware.verdict import Verdict

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


@dataclass(frozen=True)
class Column:
    """Something that is graded: its cell in the gradebook, its points there, and the task if it is one."""

    name: str
    title: str
    cell: str
    possible: float
    task: str | None = None

    @property
    def heading(self) -> str:
        return " ".join(f"{self.name}: {self.title}".split()) if self.title else self.name

    @property
    def canvas_heading(self) -> str:
        """One that Canvas understands as nothing else."""
        return self.name if CANVAS_MISREADS.search(self.heading) else self.heading


def canvas_csv(steps: Sequence[GradedStep]) -> str:
    """What Canvas imports into its gradebook. Unknown points are left out, so that Canvas keeps its own."""
    all_columns = [column for graded in steps for column in columns(graded)]
    headings = [*CANVAS_STUDENT, *(column.canvas_heading for column in all_columns)]
    possible = [POINTS_POSSIBLE, "", "", "", "", *(_number(column.possible) for column in all_columns)]
    lines = [[student, "", "", student, "", *cells] for student, cells in _lines(steps, CANVAS_NOTHING)]
    return _csv([headings, possible], lines)


def moodle_csv(steps: Sequence[GradedStep]) -> str:
    """What Moodle imports into its gradebook. A dash says that there are no points."""
    headings = [*MOODLE_STUDENT, *(column.heading for graded in steps for column in columns(graded))]
    return _csv([headings], [[student, *cells] for student, cells in _lines(steps, MOODLE_NOTHING)])


def columns(graded: GradedStep) -> list[Column]:
    """The step's tasks, then its questions and whatever else nbgrader's gradebook has points for."""
    possible = dict(graded.marks.possible)
    found = []
    for task in graded.step.tasks:
        cell = _cell_of("task", task.id)
        found.append(Column(f"Task {task.id}", task.title, cell, possible.pop(cell, task.points), task.id))
    for question in graded.step.lesson.questions:
        cell = _cell_of("question", question.id)
        if cell in possible:
            found.append(Column(f"Question {question.id}", question.title, cell, possible.pop(cell)))
    return [*found, *(Column(cell, "", cell, points) for cell, points in sorted(possible.items()))]


def _cell_of(kind: str, identifier: str) -> str:
    return f"{kind}_{identifier.replace('.', '_')}"


def _lines(steps: Sequence[GradedStep], nothing: str) -> Iterator[tuple[str, list[str]]]:
    """Every student who handed anything in, with what stands in all columns."""
    by_student = [{result.student: result for result in graded.results} for graded in steps]
    all_columns = [columns(graded) for graded in steps]
    for student in sorted(set().union(*by_student)):
        cells = []
        for graded, results, own_columns in zip(steps, by_student, all_columns, strict=True):
            for column in own_columns:
                points = _points(graded, column, results[student]) if student in results else None
                cells.append(nothing if points is None else _number(points))
        yield student, cells


def _points(graded: GradedStep, column: Column, result: SubmissionResult) -> float | None:
    """What is in a column for a submission: by hand before anything else. None if they are unknown."""
    mark = graded.marks.marks.get((result.student, column.cell))
    if mark is not None and mark.by_hand is not None:
        return mark.by_hand + mark.extra
    automatic = None if mark is None else mark.automatic
    points = automatic if column.task is None else _judged(result.verdict, column)
    return points if points is None or mark is None else points + mark.extra


def _judged(verdict: Verdict | None, column: Column) -> float | None:
    """The judge's points for a task, on the scale of its cell: an instructor may have changed that."""
    for task in () if verdict is None else verdict.tasks:
        if task.id == column.task and task.points_possible:
            return task.points * column.possible / task.points_possible
    return None


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
