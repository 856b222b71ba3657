"""A copy of the miniature course, with a workspace of its own."""

import shutil
from pathlib import Path

import pytest

from courseware.course import Course, load_course
from courseware.workspace import Workspace

MINIATURE = Path(__file__).parent.parent / "miniature_course"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    root = tmp_path / "course"
    shutil.copytree(MINIATURE, root, ignore=shutil.ignore_patterns("workspace", "__pycache__"))
    return load_course(root)


@pytest.fixture
def workspace(course: Course) -> Workspace:
    return Workspace(course)
