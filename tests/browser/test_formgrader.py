"""An instructor grades with formgrader's own buttons, in JupyterLab in the course folder."""

import http.client
import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from courseware.base.tree import read_tree, write_tree
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.classroom.nbgrader.writing import write_course_folder
from courseware.course import Course
from courseware.course.stages import finish
from courseware.services.servers import HOST, free_port

pytestmark = [pytest.mark.browser, pytest.mark.bubblewrap]

SECONDS = 120
TOKEN = "instructor"
SCREENSHOTS = "COURSE_SCREENSHOTS"
ANSWER = "A stranger learns that it is there. <img src=x onerror='top.stolen = true'><script>top.stolen = true</script>"


@pytest.fixture
def folder(course: Course, tmp_path: Path) -> CourseFolder:
    write_course_folder(course, tmp_path / "class", course_id="contacts")
    return CourseFolder(tmp_path / "class")


@pytest.fixture
def lab(folder: CourseFolder, tmp_path: Path) -> Iterator[str]:
    """JupyterLab as an instructor starts it in the course folder."""
    port = free_port()
    options = [
        "--no-browser",
        f"--port={port}",
        f"--IdentityProvider.token={TOKEN}",
        "--allow-root",
        "--ServerApp.port_retries=0",
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    log = tmp_path / "jupyterlab.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "jupyterlab", *options],
            cwd=folder.root,
            env=environment | {"HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://{HOST}:{port}"
    deadline = time.monotonic() + SECONDS
    try:
        while not answers(f"{address}/api/status?token={TOKEN}"):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.1)
        yield f"{address}/lab?token={TOKEN}"
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own server
            return True
    except (OSError, http.client.HTTPException):
        return False


def hand_in(folder: CourseFolder, course: Course) -> None:
    """Ada hands in the reference and an answer in words that attacks its reader, Eve a link."""
    slug = course.step(1).slug
    released = read_tree(folder.root / "release" / slug)
    notebook = json.loads(released[f"{slug}.ipynb"])
    next(cell for cell in notebook["cells"] if cell["id"] == "question_1_a")["source"] = [ANSWER]
    answered = {f"{slug}.ipynb": json.dumps(notebook).encode()}
    write_tree({**released, **finish(course, 1), **answered}, folder.submission("ada", slug))
    write_tree(released, folder.submission("eve", slug))
    (folder.submission("eve", slug) / "app" / "secret.py").symlink_to(folder.root / "nbgrader_config.py")


def press(page: Page, row: str, button: str) -> None:
    """Presses a button in a row of formgrader's table, waits for its success and closes the message."""
    frame = page.frame_locator("iframe")
    frame.locator("tr", has_text=row).locator(f".glyphicon-{button}").click()
    message = frame.locator(".modal.in")
    expect(message.get_by_text("Success", exact=False).first).to_be_visible()
    message.get_by_role("button").first.click()
    expect(frame.locator(".modal-backdrop")).to_have_count(0)


def open_list(frame: FrameLocator, slug: str) -> None:
    """Opens the list of the step's submissions to be graded by hand."""
    frame.get_by_role("link", name="Manual Grading").click()
    for _ in range(2):  # the step, and then its notebook, which has the same name
        expect(frame.locator("tbody a", has_text=slug)).to_be_visible()
        frame.locator("tbody a", has_text=slug).click()


@pytest.mark.long
def test_formgrader_grades_a_class(
    browser: Browser, lab: str, folder: CourseFolder, course: Course, tmp_path: Path
) -> None:
    screenshots = Path(os.environ.get(SCREENSHOTS, tmp_path / "screenshots"))
    screenshots.mkdir(parents=True, exist_ok=True)
    slug = course.step(1).slug
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(SECONDS * 1000)
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))

    # The step is released to the gradebook by its button.
    page.goto(lab)
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    frame = page.frame_locator("iframe")
    press(page, slug, "education")
    assert (folder.root / "release" / slug / f"{slug}.ipynb").is_file()

    # Submissions come in, and are judged by their lightning buttons.
    hand_in(folder, course)
    frame.get_by_role("link", name="Manage Assignments").click()
    frame.locator("tr", has_text=slug).locator(".num-submissions a").click()
    for student in ("ada", "eve"):
        press(page, student, "flash")
    total = sum(task.points for task in course.step(1).tasks) + sum(
        each.points for each in course.step(1).lesson.questions
    )
    reached = sum(task.points for task in course.step(1).tasks)
    expect(frame.locator("tr", has_text="ada").locator(".score")).to_have_text(f"{reached} / {total}")
    for student in ("ada", "eve"):
        expect(frame.locator("tr", has_text=student).locator(".status")).to_have_text("needs manual grading")
    page.screenshot(path=screenshots / "formgrader_submissions.png")

    # Ada's submission shows what was judged, and her answer is graded by hand.
    open_list(frame, slug)
    frame.locator("tr", has_text=f"{reached} / {total}").get_by_role("link").first.click()
    verdict = frame.locator(".course-verdict").first
    expect(verdict).to_contain_text("solved, 4 of 4 points")
    expect(frame.get_by_text("Checks that are not shown").first).to_be_visible()
    question = frame.locator(".nbgrader_cell", has=frame.locator("#question_1_a, [name=question_1_a]"))
    question = question.or_(frame.locator(".nbgrader_cell", has_text="A stranger learns")).first
    question.scroll_into_view_if_needed()
    expect(question).to_contain_text("<script>")
    question.locator("input.score").fill("4")
    question.locator("input.score").press("Tab")
    expect(question.locator(".score-saved")).to_be_visible()
    page.screenshot(path=screenshots / "formgrader_by_hand.png")
    assert page.evaluate("window.stolen") is None

    # Eve's says why there are no points.
    open_list(frame, slug)
    frame.locator("tr", has_text=f"0 / {total}").get_by_role("link").last.click()
    expect(frame.locator(".course-verdict").first).to_contain_text('"app/secret.py" is a link')
    frame.locator(".course-verdict").first.scroll_into_view_if_needed()
    page.screenshot(path=screenshots / "formgrader_refused.png")

    with closing(sqlite3.connect(folder.root / "gradebook.db")) as gradebook, gradebook:
        assert gradebook.execute("SELECT manual_score FROM grade WHERE manual_score IS NOT NULL").fetchall() == [(4.0,)]
    hosts = {part.hostname for part in map(urlsplit, asked) if part.scheme in ("http", "https", "ws", "wss")}
    assert hosts == {HOST}
