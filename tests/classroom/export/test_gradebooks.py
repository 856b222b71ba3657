"""The CSV files, read as Canvas and Moodle read them."""

import csv
import io
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from courseware.classroom.export import GradedStep
from courseware.classroom.export.gradebooks import Column, canvas_csv, moodle_csv
from courseware.classroom.export.graded_class import Mark, Marks
from courseware.classroom.grading.grading import SubmissionResult
from courseware.classroom.nbgrader import CourseFolder
from courseware.course import Step, Task

from ..grading.conftest import Class
from .conftest import EMPTY, FORMULA, HOSTILE, ODD, REFERENCE, Graded, result

TASKS = ["Task 1.1: Greet by name", "Task 1.2: Refuse a blank name"]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝")


def lines_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def exported(graded: Graded, form: str, path: Path) -> list[list[str]]:
    done = graded.classroom.run("export", "1", "--format", form, "--output", str(path), code=1)
    assert f"needs a look  {EMPTY}: No project was found." in done.stdout
    content = path.read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")  # Canvas would take the mark for a part of the first heading
    return lines_of(content.decode())


@pytest.mark.bubblewrap
def test_canvas_finds_every_student_and_task(graded: Graded, tmp_path: Path) -> None:
    heading, possible, *lines = exported(graded, "canvas", tmp_path / "canvas.csv")
    assert heading == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *TASKS]
    assert "Points Possible" in possible[0]
    assert possible[5:] == ["6", "3"]
    found = {line[3]: line[5:] for line in lines}
    assert found.pop(EMPTY) == ["", ""]  # what Canvas has there already stays
    assert found.pop(f"'{ODD}") == ["6", "3"]
    assert {student: [float(cell) for cell in cells] for student, cells in found.items()} == {
        student: [points["1.1"], points["1.2"]] for student, points in graded.points.items() if student != ODD
    }
    assert {len(line) for line in lines} == {len(heading)}
    assert {line[0] == line[3] for line in lines} == {True}


@pytest.mark.bubblewrap
def test_moodle_finds_every_student_and_task(graded: Graded, tmp_path: Path) -> None:
    heading, *lines = exported(graded, "moodle", tmp_path / "moodle.csv")
    assert heading == ["Username", *TASKS]
    found = {line[0]: line[1:] for line in lines}
    assert found[EMPTY] == ["-", "-"]  # an empty cell would be a grade
    assert found[REFERENCE] == ["6", "3"]
    assert found["keeps_spaces"] == ["3", "0"]
    assert found["broken"] == ["0", "0"]
    assert len(found) == len(graded.points) + 1


@pytest.mark.parametrize("write", [canvas_csv, moodle_csv])
def test_no_cell_is_a_formula_and_nothing_breaks_a_line(write: object, step: Step) -> None:
    assert callable(write)
    names = [FORMULA, "+49", "-1+1", "@SUM(A1)", "\t=1", "＝1+1", HOSTILE, 'two\nlines, "quoted"']
    graded = GradedStep(step, tuple(result(name) for name in names))
    lines = lines_of(write([graded]))
    students = lines[2:] if write is canvas_csv else lines[1:]
    assert len(students) == len(names)
    for line in students:
        assert len(line) == len(lines[0])
        assert [cell for cell in line if cell.startswith(FORMULA_STARTS)] == []
        assert [cell for cell in line if "\x1b" in cell or "\u202e" in cell or "\n" in cell] == []


def test_a_class_in_several_steps_is_one_table(step: Step) -> None:
    second = step.model_copy(update={"number": 2, "lesson": step.lesson.model_copy(update={"tasks": (other_task(),)})})
    steps = [
        GradedStep(step, (result("ada"),)),
        GradedStep(second, (SubmissionResult("bo", None, "It was not judged yet."),)),
    ]
    assert lines_of(moodle_csv(steps)) == [
        ["Username", *TASKS, "Task 2.1: Tell the time"],
        ["ada", "6", "3", "-"],
        ["bo", "-", "-", "-"],
    ]


def other_task() -> Task:
    return Task(id="2.1", title="Tell the time", points=2)


def test_points_by_hand_count_before_the_judges(step: Step) -> None:
    """As in formgrader: by hand, else the judge's on the scale of the cell, and extra points with either."""
    marks = {
        ("ada", "task_1_1"): Mark(by_hand=1.5, automatic=12, extra=0.5),
        ("ada", "question_1_a"): Mark(by_hand=None, automatic=None, extra=0),
        ("bo", "task_1_1"): Mark(by_hand=None, automatic=12, extra=1),
        ("bo", "question_1_a"): Mark(by_hand=1, automatic=None, extra=0),
        ("cy", "task_1_1"): Mark(by_hand=4, automatic=None, extra=0),
        ("cy", "task_1_2"): Mark(by_hand=None, automatic=None, extra=0),
        ("cy", "question_1_a"): Mark(by_hand=None, automatic=0, extra=0),
        ("cy", "own_cell"): Mark(by_hand=None, automatic=2, extra=0),
    }
    possible = {"task_1_1": 12.0, "task_1_2": 3.0, "question_1_a": 1.0, "own_cell": 2.0}
    results = (result("ada"), result("bo"), SubmissionResult("cy", None, "data.bin is larger than 4 MiB."))
    graded = GradedStep(step, results, Marks(possible, marks))
    assert lines_of(moodle_csv([graded])) == [
        ["Username", *TASKS, "Question 1.a: Why refuse a blank name", "own_cell"],
        ["ada", "2", "3", "-", "-"],
        ["bo", "13", "3", "1", "-"],
        ["cy", "4", "-", "0", "2"],
    ]
    assert lines_of(canvas_csv([graded]))[1][5:] == ["12", "3", "1", "2"]


@pytest.mark.bubblewrap
def test_points_that_were_typed_in_formgrader(graded: Graded, tmp_path: Path) -> None:
    root = tmp_path / "class"
    shutil.copytree(graded.classroom.folder.root, root)
    with closing(sqlite3.connect(root / "gradebook.db")) as gradebook, gradebook:
        changed = gradebook.execute(
            """
            UPDATE grade SET manual_score = 5, needs_manual_grade = 0 WHERE id IN (
                SELECT grade.id FROM grade
                JOIN base_cell ON base_cell.id = grade.cell_id
                JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
                JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
                WHERE base_cell.name = 'task_1_1' AND submitted_assignment.student_id IN ('keeps_spaces', ?)
            )
            """,
            (EMPTY,),
        )
        assert changed.rowcount == 2
        gradebook.execute("UPDATE submitted_notebook SET late_submission_penalty = 1")
    done = Class(CourseFolder(root)).run("export", "--format", "moodle", "-o", str(tmp_path / "moodle.csv"), code=1)
    assert "came late: nbgrader's penalty is not in these points" in " ".join(done.stdout.split())
    found = {line[0]: line[1:] for line in lines_of((tmp_path / "moodle.csv").read_text())}
    assert found["keeps_spaces"] == ["5", "0"]
    assert found[EMPTY] == ["5", "-"]
    assert found[REFERENCE] == ["6", "3"]


@pytest.mark.parametrize("title", ["Part one (12)", "The Final Score of a game", "Current Grade"])
def test_canvas_never_takes_a_task_for_something_else(title: str) -> None:
    assert Column("Task 2.1", title, "task_2_1", 2, "2.1").canvas_heading == "Task 2.1"
    assert Column("Task 2.1", "Tell the time", "task_2_1", 2, "2.1").canvas_heading == "Task 2.1: Tell the time"


def test_points_have_a_decimal_point_and_no_needless_digits(step: Step) -> None:
    graded = result("ada")
    assert graded.verdict is not None
    first, second = graded.verdict.tasks
    tasks = (first.model_copy(update={"points": 0.1 + 0.2}), second.model_copy(update={"points": 1234.5}))
    verdict = graded.verdict.model_copy(update={"tasks": tasks})
    assert lines_of(moodle_csv([GradedStep(step, (SubmissionResult("ada", verdict),))]))[1] == ["ada", "0.3", "1234.5"]
