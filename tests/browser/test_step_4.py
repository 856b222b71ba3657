"""A student of step 4 tries the limits in Swagger UI, in JupyterLab."""

import json
import subprocess
import sys
from typing import Any

import pytest

from courseware.base.tree import write_tree
from courseware.course import Course
from courseware.course.stages import finish

pytestmark = pytest.mark.browser

PASSWORD = "a long password"
REGISTRATIONS = 5
Student = Any  # of conftest.py, which no test module can import


@pytest.fixture
def number() -> int:
    return 4


@pytest.fixture
def course(course: Course, number: int, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The course, with `course start` said before the lab is opened. The application of the lab has limits."""
    command = [sys.executable, "-m", "courseware", "start", str(number)]
    subprocess.run(command, cwd=course.root, check=True, capture_output=True)
    monkeypatch.setenv("RATE_LIMIT_ENABLED", "true")
    return course


@pytest.mark.long
def test_the_sixth_registration_is_refused(student: Student) -> None:
    """Without the check cells: the test of step 5 runs those of a whole step."""
    student.look("step_4_1_opened")
    write_tree(finish(student.course, 4), student.folder)
    student.open("Swagger UI")
    for number in range(REGISTRATIONS):
        email = f"ada{number}@example.com"
        student.register(email, PASSWORD, email)
    register = student.operation("post", "/auth/register")
    register.locator("textarea").fill(json.dumps({"email": "ada@example.com", "password": PASSWORD}))
    student.execute(register, "429", "rate_limited", "retry-after")
    student.look("step_4_2_refused")
    assert student.asked_elsewhere == []
