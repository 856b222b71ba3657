"""A student of step 6 has unit tests judged by the bugs that they catch, in JupyterLab."""

import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import expect

from courseware.base.tree import write_tree
from courseware.course import Course
from courseware.course.stages import finish
from courseware.student.workspace import Workspace

pytestmark = pytest.mark.browser

DATES = ("tests/conftest.py", "tests/examples.py", "tests/stand_ins.py", "tests/unit/test_birthdays.py")
"""The tests of dates, and what they import. They catch the bugs of dates, and none of tokens."""
Student = Any  # of conftest.py, which no test module can import
KEEP_HEADINGS = """
window.headings = [];
new MutationObserver(() => {
    for (const heading of document.querySelectorAll(".course-verdict .head")) {
        if (!window.headings.includes(heading.innerText)) window.headings.push(heading.innerText);
    }
}).observe(document.body, {childList: true, subtree: true, characterData: true});
"""
"""Keeps each heading that a check cell shows."""


@pytest.fixture
def number() -> int:
    return 6


@pytest.fixture
def course(course: Course, number: int) -> Course:
    """The course, with step 6 begun and its tests of dates written before the lab is opened."""
    command = [sys.executable, "-m", "courseware", "start", str(number)]
    subprocess.run(command, cwd=course.root, check=True, capture_output=True)
    reference = finish(course, number)
    write_tree({path: reference[path] for path in DATES}, Workspace(course).folder(course.step(number)))
    return course


@pytest.mark.long
def test_a_task_shows_its_progress_and_its_bugs(student: Student) -> None:
    """The cell reports its progress while it runs. Then it counts the bugs and shows which test caught which."""
    student.run_cell("from courseware.notebook import check")
    student.page.evaluate(KEEP_HEADINGS)
    verdict = student.check("6.2")
    headings = student.page.evaluate("window.headings")
    assert any("correct application" in heading for heading in headings), headings
    assert any("bug 1 of 5" in heading for heading in headings), headings

    expect(verdict).to_contain_text("Your suite found 3 of 5 bugs.")
    families = verdict.locator(".families tr")
    expect(families.filter(has_text="✔")).not_to_have_count(0)
    expect(families.filter(has_text="✘")).not_to_have_count(0)
    student.look("step_6_1_verdict")
    verdict.get_by_text("Which test caught which bug").click()
    picture = verdict.locator("svg.matrix")
    picture.scroll_into_view_if_needed()
    expect(picture.locator("rect")).to_have_count(3)
    student.look("step_6_2_matrix")
    assert student.asked_elsewhere == []
