"""A class on the miniature course that `course grade` has graded, and verdicts made up for what it does not show."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from courseware.base.tree import Tree
from courseware.classroom.nbgrader import CourseFolder
from courseware.course import Step

from ..grading.conftest import Class, MadeOnce, deserved, released, specimens
from ..report.conftest import FORMULA, HOSTILE, not_started, result, step

__all__ = ["FORMULA", "HOSTILE", "deserved", "not_started", "released", "result", "specimens", "step"]

ODD = "=HYPERLINK('evil')"
"""A student whose name a spreadsheet would run."""
BROKEN: Tree = {"app/main.py": b'raise RuntimeError("</failure>\x1b[2J =1+1")\n'}
EMPTY = "empty"
REFERENCE = "finish(1)"


@dataclass(frozen=True)
class Graded:
    """A graded class, and by student the points of each task; whoever needs a look has none."""

    classroom: Class
    points: dict[str, dict[str, float]]

    @property
    def step(self) -> Step:
        return self.classroom.step


@pytest.fixture(scope="session")
def graded(
    released: Path, specimens: dict[str, Tree], deserved: dict[str, dict[str, float]], made_once: MadeOnce
) -> Graded:
    """Every specimen of step 1, one that does not start, an empty one, and one by a student with an odd name."""

    def grade(place: Path) -> None:
        shutil.copytree(released / "class", place / "class")
        classroom = Class(CourseFolder(place / "class"))
        for student, tree in specimens.items():
            classroom.hand_in(student, tree)
        classroom.hand_in("broken", {**specimens[REFERENCE], **BROKEN})
        classroom.hand_in(ODD, specimens[REFERENCE])
        classroom.hand_in(EMPTY, {})
        classroom.run("grade", code=1)

    classroom = Class(CourseFolder(made_once("graded", grade) / "class"))
    nothing = dict.fromkeys(deserved[REFERENCE], 0.0)
    return Graded(classroom, {**deserved, "broken": nothing, ODD: deserved[REFERENCE]})
