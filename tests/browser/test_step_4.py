"""The way of a student through step 4, in JupyterLab: the checks, and a client that is refused in Swagger UI."""

import json
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import expect

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
def test_the_way_through_step_4(student: Student) -> None:
    """In one lab: to open one takes as much of a processor as the rest of a part."""
    student.look("step_4_1_opened")
    the_checks_fail_on_the_start_and_hold_on_the_reference(student)
    the_sixth_registration_is_refused(student)
    assert student.asked_elsewhere == []


def the_checks_fail_on_the_start_and_hold_on_the_reference(student: Student) -> None:
    student.run_cell("from courseware.notebook import check")
    expect(student.check("4.1").locator("tr.passed")).to_have_count(0)
    student.look("step_4_2_failed")
    write_tree(finish(student.course, 4), student.folder)
    for task in student.step.tasks:
        expect(student.check(task.id).locator(".head")).to_contain_text("holds")
    student.look("step_4_3_holds")
    errors = student.page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]')
    expect(errors).to_have_count(0)


def the_sixth_registration_is_refused(student: Student) -> None:
    student.open("Swagger UI")
    for number in range(REGISTRATIONS):
        email = f"ada{number}@example.com"
        student.register(email, PASSWORD, email)
    register = student.operation("post", "/auth/register")
    register.locator("textarea").fill(json.dumps({"email": "ada@example.com", "password": PASSWORD}))
    student.execute(register, "429", "rate_limited", "retry-after")
    student.look("step_4_4_refused")
