"""Courses, kits made of them, and the engine that a kit brings along."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from courseware.classroom.kit import Kit, make_kit
from courseware.course import Course, load_course

ROOT = Path(__file__).parents[3]
SECONDS = 120
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=["miniature, 1 step", "miniature, 2 steps", "the real course"])
def made(request: pytest.FixtureRequest, tmp_path: Path, course: Course) -> tuple[Course, Kit]:
    """A kit and the course of which it was made."""
    if request.param == "the real course":
        course = load_course(ROOT)
    count = 2 if "2" in request.param else 1
    return course, make_kit(course, count, tmp_path / "kit")


@pytest.fixture
def command() -> Command:
    """Runs the command to its end in a folder; in a kit it is the kit's own engine that runs."""

    def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "courseware", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder / "src")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )

    return run
