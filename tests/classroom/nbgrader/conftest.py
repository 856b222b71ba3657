"""A copy of the miniature course, with questions in words, and an instructor's course folder for it."""

import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from courseware.base.tree import Tree, read_tree, write_tree
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.classroom.nbgrader.writing import write_course_folder
from courseware.course import Course, load_course

from ...nbgrader_command import nbgrader_command

MINIATURE = Path(__file__).parents[2] / "miniature_course"
SLUG = "step_1_greeting"
NOTEBOOK = f"{SLUG}.ipynb"
ANSWER_CELL = {
    "cell_type": "markdown",
    "id": "question_1_a",
    "metadata": {
        "nbgrader": {
            "grade": True,
            "grade_id": "question_1_a",
            "locked": False,
            "points": 1,
            "schema_version": 3,
            "solution": True,
            "task": False,
            "cell_type": "markdown",
        }
    },
    "source": ["YOUR ANSWER HERE"],
}
SECONDS = 300
Nbgrader = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The miniature course, whose notebook of step 1 asks its question in words as well."""
    root = tmp_path / "course"
    shutil.copytree(MINIATURE, root, ignore=shutil.ignore_patterns("workspace", "__pycache__"))
    path = root / "notebooks" / NOTEBOOK
    notebook = json.loads(path.read_text())
    notebook["cells"].append(ANSWER_CELL)
    path.write_text(json.dumps(notebook))
    return load_course(root)


@pytest.fixture
def folder(course: Course, tmp_path: Path) -> CourseFolder:
    """The instructor's folder, as `course nbgrader` writes it."""
    root = tmp_path / "class"
    write_course_folder(course, root, course_id="greeter")
    return CourseFolder(root)


@pytest.fixture
def nbgrader(folder: CourseFolder) -> Nbgrader:
    """Runs a command of nbgrader's, in the course folder unless told otherwise."""
    return nbgrader_in(folder)


def nbgrader_in(folder: CourseFolder) -> Nbgrader:
    """What runs a command of nbgrader's to its end, and makes sure of its exit code."""

    def run(*arguments: str, cwd: Path | None = None, code: int = 0) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "HOME": str(folder.root.parent), "JUPYTER_NO_CONFIG": "1"}
        done = nbgrader_command(*arguments, cwd=cwd or folder.root, environment=environment)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


@dataclass(frozen=True)
class Grade:
    """What the gradebook says of one cell."""

    auto: float | None
    manual: float | None
    needs_look: bool


def grades(folder: CourseFolder, slug: str = SLUG) -> dict[str, dict[str, Grade]]:
    """The gradebook: by student, then by the cell's id."""
    with _gradebook(folder) as gradebook:
        return {
            submission.student.id: {
                grade.name: Grade(grade.auto_score, grade.manual_score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in gradebook.find_assignment(slug).submissions
        }


def grade_by_hand(folder: CourseFolder, student: str, cell: str, score: float) -> None:
    """Does what formgrader does when an instructor types points."""
    with _gradebook(folder) as gradebook:
        grade: Any = gradebook.find_grade(cell, SLUG, SLUG, student)
        grade.manual_score, grade.needs_manual_grade = score, False
        gradebook.db.commit()


@contextmanager
def _gradebook(folder: CourseFolder) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{folder.root / 'gradebook.db'}") as gradebook:
            yield gradebook


def hand_in(folder: CourseFolder, student: str, tree: Tree, slug: str = SLUG) -> Path:
    """Puts a submission where nbgrader collects them: what is released, with the student's files over it."""
    place = folder.submission(student, slug)
    write_tree({**read_tree(folder.root / "release" / slug), **tree}, place)
    return place
