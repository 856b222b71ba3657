"""The way of a student through step 2, in JupyterLab: from a registration to a contact, by way of the mailbox."""

import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import expect

from courseware.base.tree import write_tree
from courseware.course import Course
from courseware.course.stages import finish

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "ada@example.com", "a long password"
CONTACT = '{"first_name": "Olena", "last_name": "Koval", "email": "olena@example.com", "phone": "+380501234567"}'
Student = Any  # of conftest.py, which no test module can import


@pytest.fixture
def number() -> int:
    return 2


@pytest.fixture
def course(course: Course, number: int) -> Course:
    """The course, with `course start` said before the lab is opened."""
    command = [sys.executable, "-m", "courseware", "start", str(number)]
    subprocess.run(command, cwd=course.root, check=True, capture_output=True)
    return course


@pytest.mark.long
def test_the_way_through_step_2(student: Student) -> None:
    """In one lab: to open one takes as much of a processor as the rest of a part."""
    student.look("step_2_1_opened")
    the_checks_fail_on_the_start_and_hold_on_the_reference(student)
    from_a_registration_to_a_contact_by_way_of_the_mailbox(student)


def the_checks_fail_on_the_start_and_hold_on_the_reference(student: Student) -> None:
    student.run_cell("from courseware.notebook import check")
    expect(student.check("2.1").locator("tr.passed")).to_have_count(0)
    student.look("step_2_6_failed")
    write_tree(finish(student.course, 2), student.folder)
    for task in student.step.tasks:
        expect(student.check(task.id).locator(".head")).to_contain_text("solved")
    student.look("step_2_7_holds")
    errors = student.page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]')
    expect(errors).to_have_count(0)
    assert student.asked_elsewhere == []


def from_a_registration_to_a_contact_by_way_of_the_mailbox(student: Student) -> None:
    student.open("Swagger UI")
    expect(student.operation("post", "/auth/resend-verification")).to_be_visible()
    student.register(EMAIL, PASSWORD, '"is_verified": false')
    login = student.operation("post", "/auth/login")
    for field, value in (("username", EMAIL), ("password", PASSWORD)):
        login.locator(f'tr[data-property-name="{field}"] input').first.fill(value)
    student.execute(login, "403", "email_not_verified")
    student.look("step_2_2_login_refused")

    mailbox = student.launch("Mailbox", "mailbox")
    seen = student.follow_link(mailbox)
    student.look("step_2_3_message")
    assert "/api/v1/auth/verify/" in seen.url
    seen.screenshot(path=student.screenshot("step_2_4_verified"))
    seen.close()

    student.open("Swagger UI")
    student.authorize(EMAIL, PASSWORD)
    student.execute(student.operation("get", "/users/me"), "200", '"is_verified": true')
    create = student.operation("post", "/contacts")
    create.locator("textarea").fill(CONTACT)
    student.execute(create, "201", "olena@example.com")
    student.look("step_2_5_contact_saved")
    assert student.asked_elsewhere == []
