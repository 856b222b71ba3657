"""A class on the miniature course: an instructor's folder that knows step 1, and what students hand in."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from courseware.author import claims
from courseware.base.tree import Tree, write_tree
from courseware.checking import wait_until
from courseware.classroom.nbgrader import CourseFolder
from courseware.course import Course, Step, load_course
from courseware.judging.judgement import judge

from ...nbgrader_command import nbgrader_command

MINIATURE = Path(__file__).parents[2] / "miniature_course"
SECONDS = 300
MadeOnce = Callable[[str, Callable[[Path], None]], Path]
ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}


@dataclass
class Class:
    """An instructor's course folder with a class in it."""

    folder: CourseFolder
    number: int = 1

    @property
    def course(self) -> Course:
        return self.folder.course

    @property
    def step(self) -> Step:
        return self.course.step(self.number)

    def hand_in(self, student: str, tree: Tree, *, notebook: bool = True) -> Path:
        """Puts a submission where nbgrader collects them."""
        place = self.folder.submission(student, self.step.slug)
        place.mkdir(parents=True, exist_ok=True)
        write_tree(tree, place)
        if notebook:
            shutil.copy(self.step.notebook, place)
        return place

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "courseware", arguments[0], str(self.folder.root), *arguments[1:]]

    def run(self, *arguments: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        """Runs the command to its end, and makes sure of its exit code."""
        done = subprocess.run(
            self.command(*arguments),
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Starts the command in a session of its own."""
        return subprocess.Popen(
            self.command(*arguments),
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )

    def verdicts(self) -> int:
        """How many verdicts the journal holds."""
        return int(self.query("SELECT count(*) FROM verdicts")[0][0])

    def query(self, question: str) -> list[Any]:
        import sqlite3

        if not self.folder.journal.exists():
            return [(0,)]
        with closing(sqlite3.connect(self.folder.journal, timeout=SECONDS)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            return connection.execute(question).fetchall() if "verdicts" in tables else [(0,)]

    def grades(self) -> dict[str, dict[str, tuple[float | None, bool]]]:
        """nbgrader's gradebook: the points and the need of a look of every task, by student and cell."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from nbgrader.api import Gradebook

            with Gradebook(f"sqlite:///{self.folder.root / 'gradebook.db'}", "course") as gradebook:
                assignment: Any = gradebook.find_assignment(self.step.slug)
                return {
                    submission.student.id: {
                        grade.name: (grade.auto_score, grade.needs_manual_grade)
                        for notebook in submission.notebooks
                        for grade in notebook.grades
                        if grade.name.startswith("task")
                    }
                    for submission in assignment.submissions
                }


def wait_for(holds: Callable[[], bool]) -> None:
    assert wait_until(holds, SECONDS)


def nbgrader(folder: Path, *arguments: str) -> None:
    """Runs one of nbgrader's commands in a course folder to its end, and makes sure that it went well."""
    done = nbgrader_command(*arguments, cwd=folder, environment=ENVIRONMENT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def released(made_once: MadeOnce) -> Path:
    """The miniature course and a course folder in which nbgrader has made step 1 ready to be handed out."""
    return made_once("released", release)


def release(place: Path) -> None:
    shutil.copytree(MINIATURE, place / "course", ignore=shutil.ignore_patterns("workspace", "__pycache__"))
    commands: tuple[tuple[Path, tuple[str, ...]], ...] = (
        (place / "course", ("courseware", "nbgrader", "../class")),
        (place / "class", ("nbgrader", "generate_assignment", "step_1_greeting")),
    )
    for folder, arguments in commands:
        command = [sys.executable, "-P", "-m", *arguments]
        done = subprocess.run(
            command, cwd=folder, env=ENVIRONMENT, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def classroom(released: Path, tmp_path: Path) -> Class:
    """A class in which nobody has handed in anything."""
    shutil.copytree(released / "class", tmp_path / "class")
    return Class(CourseFolder(tmp_path / "class"))


@pytest.fixture(scope="session")
def specimens(released: Path) -> dict[str, Tree]:
    """The reference of step 1, its starter, every mistake and every alternative, by name."""
    course = load_course(released / "course")
    return {claim.name: claim.tree for claim in claims(course, (course.step(1),)) if claim.stage == 1}


@pytest.fixture(scope="session")
def deserved(released: Path, specimens: dict[str, Tree], made_once: MadeOnce) -> dict[str, dict[str, float]]:
    """The points that the judge gives for each task of a specimen."""

    def judge_all(place: Path) -> None:
        course = load_course(released / "course")
        verdicts = {name: judge(course, course.step(1), tree, hidden=True) for name, tree in specimens.items()}
        points = {name: {task.id: task.points for task in verdict.tasks} for name, verdict in verdicts.items()}
        (place / "points.json").write_text(json.dumps(points))

    deserved: dict[str, dict[str, float]] = json.loads((made_once("deserved", judge_all) / "points.json").read_text())
    return deserved


@pytest.fixture
def variants(specimens: dict[str, Tree]) -> Callable[[int], Iterator[tuple[str, Tree]]]:
    """So many different submissions made from the specimens in turn: each one's student and tree."""

    def make(number: int) -> Iterator[tuple[str, Tree]]:
        turns = itertools.islice(itertools.cycle(specimens.items()), number)
        for index, (name, tree) in enumerate(turns):
            yield f"{index:02}-{name}", {**tree, "app/own_notes.py": f"# number {index}\n".encode()}

    return make
