"""A step is added by new files alone: the engine and the tests take it as it is."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from courseware.base.tree import read_tree, write_tree
from courseware.classroom.kit import make_kit
from courseware.classroom.nbgrader import CourseFolder
from courseware.course import Course, load_course
from courseware.course.stages import finish
from courseware.student.workspace import Workspace

from ..classroom.grading.conftest import Class, nbgrader

ROOT = Path(__file__).parents[2]
NEW = ROOT / "tests" / "new_step"
FOLDERS = ("lessons", "starter", "solutions", "checks", "notebooks")
NUMBER = 99
SECONDS = 600
# What must hold of every step.
LOOPS = [
    "tests/content/test_checks.py",
    "tests/content/test_lesson_examples.py",
    "tests/content/test_lesson_notebook.py",
    "tests/content/test_lesson_text.py",
    "tests/application/test_starters.py",
]


@pytest.fixture
def extended(tmp_path: Path) -> Course:
    """A copy of the course with the new step's files in it."""
    root = tmp_path / "course"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        write_tree(read_tree(NEW / name), root / name)
    shutil.copy(ROOT / "requirements.lock", root)
    return load_course(root)


def command(folder: Path, *arguments: str, code: int = 0, module: str = "courseware") -> str:
    """What a command prints that is run to its end in a folder. Its exit code must be this one."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", module, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_no_file_of_the_course_is_changed() -> None:
    new = [path for name in FOLDERS for path in read_tree(NEW / name) if not (ROOT / name / path).exists()]
    assert new == [path for name in FOLDERS for path in read_tree(NEW / name)]


def test_steps_that_are_still_planned_do_not_stand_in_its_way(extended: Course) -> None:
    course = load_course(ROOT)
    assert [step.number for step in extended.steps] == [*(step.number for step in course.steps), NUMBER]
    for number in course.stage_numbers:
        assert finish(extended, number) == finish(course, number)


@pytest.mark.long
def test_it_is_proved(extended: Course) -> None:
    printed = command(extended.root, "verify", str(NUMBER), "--quick")
    assert "references pass: 1 of 1" in printed
    assert "mistakes are caught: 1 of 1" in printed
    assert "alternatives pass: 1 of 1" in printed


def test_a_student_works_on_it(extended: Course) -> None:
    command(extended.root, "start", str(NUMBER))
    begun = json.loads(command(extended.root, "check", str(NUMBER), "--plain", "--json", code=1))
    assert [(check["id"], check["outcome"]) for check in begun["checks"]] == [
        ("shouted_notes_are_stored_in_capitals", "failed")
    ]
    write_tree(finish(extended, NUMBER), Workspace(extended).folder(extended.step(NUMBER)))
    command(extended.root, "check", str(NUMBER), "--plain")


@pytest.mark.long
def test_the_tests_of_lessons_checks_and_starters_take_it_as_they_are(extended: Course) -> None:
    shutil.copytree(ROOT / "tests", extended.root / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", extended.root)
    chosen = ("-n", "0", "-q", "-k", "99", *LOOPS)
    printed = command(extended.root, *chosen, module="pytest")
    assert " passed, " in printed
    assert "skipped" not in printed


@pytest.mark.bubblewrap
def test_a_class_is_graded(extended: Course, tmp_path: Path) -> None:
    command(extended.root, "nbgrader", str(tmp_path / "class"))
    classroom = Class(CourseFolder(tmp_path / "class"), NUMBER)
    nbgrader(classroom.folder.root, "generate_assignment", classroom.step.slug)
    classroom.hand_in("ada", finish(extended, NUMBER))
    classroom.run("grade", str(NUMBER))
    assert classroom.grades() == {"ada": {"task_99_1": (90, False)}}


def test_a_kit_holds_it(extended: Course, tmp_path: Path) -> None:
    kit = make_kit(extended, len(extended.steps), tmp_path / "kit")
    assert "checks/step_99_shouting/test_1_capitals.py" in kit.files
    command(kit.folder, "start", str(NUMBER))
    command(kit.folder, "check", str(NUMBER), "--plain", code=1)
