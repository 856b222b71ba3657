"""`course grade` leaves nbgrader exactly as its own autograding does, and nbgrader's next steps work on it."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from courseware.base.tree import Tree, write_tree
from courseware.classroom.nbgrader import CourseFolder
from courseware.course.stages import finish

from .conftest import Class, nbgrader

pytestmark = pytest.mark.bubblewrap

# What nbgrader knows of a class, without the random ids under which it keeps it.
GRADES = """
SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score, grade.manual_score, grade.extra_credit,
       grade.needs_manual_grade, submitted_assignment.timestamp
FROM grade
JOIN base_cell ON grade.cell_id = base_cell.id
JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
ORDER BY 1, 2
"""


def grades(folder: Path) -> list[Any]:
    with closing(connect(folder / "gradebook.db")) as connection:
        return connection.execute(GRADES).fetchall()


def graded_files(folder: Path) -> dict[str, bytes]:
    files = (path for path in (folder / "autograded").rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_gradebook_and_graded_notebooks_are_the_same(
    classroom: Class, variants: Callable[[int], Iterator[tuple[str, Tree]]], tmp_path: Path
) -> None:
    for student, tree in variants(6):
        classroom.hand_in(student, tree)
    # nbgrader looks away from a submission without any notebook; one that cannot be read is the same to both.
    notebook = f"{classroom.step.slug}.ipynb"
    (_, reference), *_ = variants(1)
    classroom.hand_in("broken", {**reference, notebook: b"{"}, notebook=False)
    (classroom.hand_in("refused", reference) / "app" / "link.py").symlink_to("/etc/hostname")
    for place in (classroom.folder.root / "submitted").glob("*/*"):
        (place / "timestamp.txt").write_text("2026-11-20 18:00:00 UTC")
        (place / "submission_secret.txt").write_text("s" * 128)
    other = tmp_path / "other"
    shutil.copytree(classroom.folder.root, other, symlinks=True)

    classroom.run("grade", code=1)
    with closing(connect(classroom.folder.journal)) as ours, closing(connect(CourseFolder(other).journal)) as theirs:
        ours.backup(theirs)  # so that both show the same verdicts, down to their times
    nbgrader(other, "autograde", classroom.step.slug)

    assert len(grades(other)) == 8 * 2
    assert grades(classroom.folder.root) == grades(other)
    assert graded_files(classroom.folder.root) == graded_files(other)

    nbgrader(classroom.folder.root, "generate_feedback", classroom.step.slug)
    feedback = list((classroom.folder.root / "feedback").rglob("*.html"))
    assert len(feedback) == 8


def test_every_step_that_was_handed_in_is_graded(classroom: Class, specimens: dict[str, Tree]) -> None:
    clock = classroom.course.step(2)
    nbgrader(classroom.folder.root, "generate_assignment", clock.slug)
    classroom.hand_in("ada", specimens["one_file"])
    place = classroom.folder.submission("ada", clock.slug)
    write_tree(finish(classroom.course, 2), place)
    shutil.copy(clock.notebook, place)

    records = json.loads(classroom.run("grade", "--json").stdout)
    assert [(record["step"], record["students"][0]["points"]) for record in records] == [(1, 9), (2, 10)]
    assert [grade[:3] for grade in grades(classroom.folder.root)] == [
        ("ada", "task_1_1", 6),
        ("ada", "task_1_2", 3),
        ("ada", "task_2_1", 10),
    ]
    shown = classroom.run("report").stdout
    assert "Step 1: Greeting" in shown
    assert "Step 2: Clock" in shown
    (only,) = json.loads(classroom.run("grade", "2", "--json").stdout)
    assert (only["step"], only["judged_now"]) == (2, 0)
