"""A real Chromium on a real `course lab` on a copy of the real course."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from courseware.course import Course, Step, find_course, load_course
from courseware.services.servers import HOST, free_port
from courseware.student.workspace import Workspace

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
COURSE_FOLDERS = ("lessons", "starter", "solutions", "checks", "notebooks")
SECONDS = 120
BEGIN_TIMEOUT = 15_000
"""Milliseconds in which a cell begins to run after its key was pressed, or a frame answers."""
RUN_TIMEOUT = 90_000
"""Milliseconds that a cell may run. A key that is pressed while it runs would queue it once more."""
SHOWN_CHARACTERS = 2_000
DONE = re.compile(r"\[\d+\]:")
SCREENSHOTS = "COURSE_SCREENSHOTS"
"""The environment variable that names a folder where the screenshots shall be kept."""

expect.set_options(timeout=SECONDS * 1000)


class Student:
    """Somebody who sits before the lab: its page, its files, and all addresses that the page has asked for."""

    def __init__(self, page: Page, course: Course, step: Step, screenshots: Path) -> None:
        self.page = page
        self.course = course
        self.step = step
        self.folder = Workspace(course).folder(step)
        self.asked_for: list[str] = []
        self._screenshots = screenshots
        page.context.on("request", lambda request: self.asked_for.append(request.url))

    @property
    def asked_elsewhere(self) -> list[str]:
        """The addresses that are not on this machine."""
        schemes = ("http", "https", "ws", "wss")
        parts = [urlsplit(address) for address in self.asked_for]
        return [part.geturl() for part in parts if part.scheme in schemes and part.hostname != HOST]

    def screenshot(self, name: str) -> Path:
        """Where a screenshot of this name is kept."""
        return self._screenshots / f"{name}.png"

    def look(self, name: str) -> None:
        """Takes a screenshot."""
        self.page.screenshot(path=self.screenshot(name))

    def run_cell(self, source: str) -> Any:
        """Runs the notebook's cell that holds exactly this, and returns it."""
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").filter(
            has=self.page.get_by_text(source, exact=True).or_(self.page.locator(".cm-line", has_text=source))
        )
        cell = cell.first
        prompt = cell.locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        deadline = time.monotonic() + SECONDS
        # On a busy machine the key may be lost while JupyterLab draws the notebook anew, or what it started while it
        # connects to the kernel. A cell that has run has a number, and another one than before.
        while not (DONE.fullmatch(prompt.inner_text()) and prompt.inner_text() != before):
            assert time.monotonic() < deadline, cell.inner_text()
            cell.scroll_into_view_if_needed()
            cell.locator(".cm-content").click()
            self.page.keyboard.press("Shift+Enter")
            with suppress(AssertionError):
                expect(prompt).not_to_have_text(before, timeout=BEGIN_TIMEOUT)
                expect(prompt).to_have_text(DONE, timeout=RUN_TIMEOUT)
        return cell

    def check(self, task: str) -> Any:
        """Runs the check cell of a task and returns the table that it shows, once it is there."""
        before = self.page.locator(".course-verdict .foot").all_inner_texts()
        cell = self.run_cell(f'check("{task}")')
        table = cell.locator(".course-verdict")
        deadline = time.monotonic() + SECONDS
        # The table of a run before stays until the new one is there; every run has a seed of its own.
        while not (seeds := table.locator(".foot").all_inner_texts()) or seeds[0] in before:
            assert time.monotonic() < deadline, cell.inner_text()
            self.page.wait_for_timeout(100)
        table.first.evaluate("element => element.scrollIntoView()")
        return table

    def open(self, tab: str) -> None:
        """Brings a tab to the front that is there."""
        self.page.locator(".lm-TabBar-tab", has_text=tab).click()

    def launch(self, title: str, service: str) -> FrameLocator:
        """Opens a page of the launcher in a new tab, and returns what it shows."""
        self.page.locator("#jp-main-dock-panel .lm-TabBar-addButton").first.click()
        self.page.locator(f'.jp-LauncherCard[title="{title}"]:visible').first.click()
        return self.page.frame_locator(f'iframe[src*="/{service}/"]')

    @property
    def swagger(self) -> FrameLocator:
        return self.page.frame_locator('iframe[src*="application/docs"]')

    def operation(self, method: str, path: str) -> Locator:
        """An operation in Swagger UI, opened."""
        summary = self.swagger.locator(f'.opblock-summary-path[data-path="/api/v1{path}"]')
        block = self.swagger.locator(f".opblock-{method}").filter(has=summary)
        expect(block).to_be_visible()
        if block.locator(".opblock-body").count() == 0:
            block.locator(".opblock-summary").click()
        return block

    def execute(self, operation: Locator, status: str, *texts: str) -> Locator:
        """Sends the request of an operation, and returns the answer, which has this status and these texts."""
        operation.locator("button.execute").click()
        answer = operation.locator(".live-responses-table").first
        expect(answer.locator("tbody .response-col_status").first).to_contain_text(status)
        for text in texts:
            expect(answer).to_contain_text(text)
        answer.scroll_into_view_if_needed()
        return answer

    def register(self, email: str, password: str, *texts: str) -> None:
        """Registers in Swagger UI; the answer holds these texts."""
        register = self.operation("post", "/auth/register")
        register.locator("textarea").fill(json.dumps({"email": email, "password": password}))
        self.execute(register, "201", *texts)

    def authorize(self, email: str, password: str) -> None:
        """Logs in with Swagger UI's own button."""
        self.swagger.locator("button.authorize").first.click()
        form = self.swagger.locator(".auth-container").first
        form.locator("input[name=username], #oauth_username").first.fill(email)
        form.locator("input[type=password], #oauth_password").first.fill(password)
        form.locator("button.authorize").click()
        expect(form.get_by_text("Logout")).to_be_visible()
        self.swagger.locator("button.btn-done").click()

    def follow_link(self, mailbox: FrameLocator) -> Page:
        """Opens the message that verifies an address, and follows its link; what is seen then."""
        mailbox.get_by_role("link", name="Verify your e-mail address").click()
        link = mailbox.frame_locator("iframe").get_by_role("link")
        expect(link).to_be_visible()
        with self.page.context.expect_page() as opened:
            link.click()
        expect(opened.value.get_by_text("message")).to_be_visible()
        return opened.value


@pytest.fixture(scope="session")
def chromium(do_without: Callable[[str], NoReturn]) -> str:
    """The browser of this machine. Without one the tests are skipped, unless everything is required."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        do_without("no Chromium (Debian's package is chromium)")
    return path


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=options)
        yield opened
        opened.close()


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A copy of the course that this test belongs to, as a clone has it."""
    root = find_course(Path(__file__).parent).root
    copy = tmp_path / "course"
    for name in COURSE_FOLDERS:
        shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".venv", "*.sqlite3"))
    return load_course(copy)


@pytest.fixture
def number() -> int:
    """The step that the lab is opened on. A module of tests may have one of its own."""
    return 1


@pytest.fixture
def lab_address(course: Course, number: int, tmp_path: Path) -> Iterator[str]:
    """Where `course lab` has JupyterLab."""
    output = tmp_path / "output.txt"
    ports = ["--port", str(free_port()), "--application-port", str(free_port())]
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "courseware", "lab", str(number), "--no-browser", *ports],
            cwd=course.root,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": str(tmp_path), "PS1": "$ ", "SHELL": "/bin/sh"},
        )
    deadline = time.monotonic() + SECONDS
    while "?token=" not in (printed := output.read_text(errors="replace")) or not printed.endswith("\n"):
        assert process.poll() is None, printed
        assert time.monotonic() < deadline, printed
        time.sleep(0.1)
    yield next(word for word in printed.split() if "?token=" in word)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=SECONDS)
    print(output.read_text(errors="replace"))


@pytest.fixture
def student(browser: Browser, lab_address: str, course: Course, number: int, tmp_path: Path) -> Iterator[Student]:
    """A student whose lab is open and whose kernel is ready."""
    screenshots = Path(os.environ.get(SCREENSHOTS, tmp_path / "screenshots"))
    screenshots.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(SECONDS * 1000)
    somebody = Student(page, course, course.step(number), screenshots)
    page.goto(lab_address)
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    # A cell that is run before there is a kernel makes JupyterLab ask for one; and "idle" it is even without any.
    page.locator(".jp-NotebookPanel").get_by_text("Python 3 (ipykernel)", exact=True).first.wait_for()
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
    yield somebody
    for frame in page.frames[1:]:  # what a failed expectation tells of the page leaves them out
        with suppress(PlaywrightError):
            shown = frame.locator("body").inner_text(timeout=BEGIN_TIMEOUT)
            print(f"{frame.url} shows: {shown[:SHOWN_CHARACTERS]}")
    page.close()
