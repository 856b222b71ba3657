"""A copy of the miniature course, with questions in words, and an instructor's course folder for it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from courseware.course import Course, load_course
from courseware.nbgrader.course_folder import CourseFolder
from courseware.nbgrader.writing import write_course_folder

MINIATURE = Path(__file__).parent.parent / "miniature_course"
SLUG = "step_1_greeting"
NOTEBOOK = f"{SLUG}.ipynb"
QUESTION = {
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
    notebook["cells"].append(QUESTION)
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
    """Runs a command of nbgrader's to its end, in the course folder unless told otherwise."""

    def run(*arguments: str, cwd: Path | None = None, code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-P", "-m", "nbgrader", *arguments],
            cwd=cwd or folder.root,
            env={**os.environ, "HOME": str(folder.root.parent), "JUPYTER_NO_CONFIG": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run
