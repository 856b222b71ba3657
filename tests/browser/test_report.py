"""The page of `course report` in a real browser: whole by itself, in both its looks, whatever students hand in."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from courseware.base.tree import Tree
from courseware.classroom.grading.grading import SubmissionResult
from courseware.classroom.report import figures
from courseware.classroom.report.page import page
from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge

from .conftest import SCREENSHOTS

pytestmark = pytest.mark.browser

MINIATURE = Path(__file__).parent.parent / "miniature_course"
SCRIPT = "</dd><img src=//example.org><script>document.title = 'forged'</script>"


def submissions(reference: Tree) -> dict[str, Tree]:
    """A right one, and one whose application answers with HTML."""
    greeting = reference["app/greeting.py"].decode()
    assert ", {name}!" in greeting
    hostile = greeting.replace(", {name}!", SCRIPT)
    return {"ada": reference, f"bo{SCRIPT}": {**reference, "app/greeting.py": hostile.encode()}}


@pytest.mark.parametrize(("look", "background"), [("light", "rgb(246, 247, 249)"), ("dark", "rgb(18, 22, 29)")])
def test_the_page_is_whole_and_nothing_in_it_runs(
    browser: Browser, tmp_path: Path, look: Literal["light", "dark"], background: str
) -> None:
    course = load_course(MINIATURE)
    step = course.step(1)
    results = [
        SubmissionResult(student, judge(course, step, tree, hidden=True))
        for student, tree in submissions(finish(course, 1)).items()
    ]
    results.append(SubmissionResult(f"cy{SCRIPT}", None, "There are no files in it."))
    file = tmp_path / "report.html"
    file.write_text(page(course.title, [figures(step, results)], datetime.now(UTC)), encoding="utf-8")

    opened = browser.new_page(
        viewport={"width": 1200, "height": 900}, color_scheme="dark" if look == "dark" else "light"
    )
    asked_for: list[str] = []
    said: list[str] = []
    opened.on("request", lambda request: asked_for.append(request.url))
    opened.on("console", lambda message: said.append(message.text))
    opened.goto(file.as_uri())

    assert asked_for == [file.as_uri()]
    assert said == []
    assert opened.title() == course.title
    assert opened.get_by_text(f"Hello{SCRIPT}").count() == 1
    assert opened.get_by_text(f"cy{SCRIPT}").count() == 1
    bars = opened.locator("svg rect").all()
    assert len([bar for bar in bars if (bar.bounding_box() or {"width": 0})["width"] > 0]) >= 10
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == background
    folder = Path(os.environ.get(SCREENSHOTS, tmp_path))
    opened.screenshot(path=folder / f"report_{look}.png", full_page=True)
    opened.set_viewport_size({"width": 400, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") == 400
