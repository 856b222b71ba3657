"""The real `course lab` on a copy of the miniature course."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from courseware.course import Course, load_course
from courseware.serving.ports import free_port
from courseware.workspace import Workspace

MINIATURE = Path(__file__).parent.parent / "miniature_course"
SECONDS = 90


class RunningLab:
    """A running `course lab 1`. Its JupyterLab is spoken to over HTTP, with the token that was printed."""

    def __init__(self, root: Path, output: Path, *arguments: str, **environment: str) -> None:
        self._output = output
        ports = ["--port", str(free_port()), "--application-port", str(free_port())]
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "courseware", "lab", "1", *ports, *arguments],
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            )
        self.address = self._wait_for_address()

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """What JupyterLab's server answers, from JSON."""
        parts = urlsplit(self.address)
        request = urllib.request.Request(
            f"http://{parts.netloc}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {parse_qs(parts.query)['token'][0]}"},
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - our own address
            content = answer.read()
        return json.loads(content) if content else None

    def page(self, path: str) -> str:
        """A page of JupyterLab's server."""
        parts = urlsplit(self.address)
        address = f"http://{parts.netloc}/{path}?{parts.query}"
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:
            text: str = answer.read().decode()
        return text

    def end(self, ending: int) -> list[psutil.Process]:
        """Sends the signal and returns which of the lab's processes are left when it has ended."""
        head = psutil.Process(self.process.pid)
        family = [head, *head.children(recursive=True)]
        self.process.send_signal(ending)
        self.process.wait(timeout=SECONDS)
        return [member for member in family if member.is_running() and member.status() != psutil.STATUS_ZOMBIE]

    @property
    def printed(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")

    def _wait_for_address(self) -> str:
        deadline = time.monotonic() + SECONDS
        while True:
            for word in self.printed.split():
                if "?token=" in word and self.printed.endswith("\n"):
                    return word
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.1)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    root = tmp_path / "course"
    shutil.copytree(MINIATURE, root, ignore=shutil.ignore_patterns("workspace", "__pycache__"))
    return load_course(root)


@pytest.fixture
def folder(course: Course) -> Path:
    """The folder of step 1, laid out as it is handed to the student."""
    return Workspace(course).start(course.step(1)).folder


@pytest.fixture
def lab(course: Course, tmp_path: Path) -> Iterator[Callable[..., RunningLab]]:
    """Starts `course lab 1` without a browser, with a home of its own that is empty but for what a test puts there."""
    home = tmp_path / "home"
    home.mkdir()
    started: list[RunningLab] = []

    def start(*arguments: str, **environment: str) -> RunningLab:
        output = tmp_path / f"output_{len(started)}.txt"
        options = arguments or ("--no-browser",)
        started.append(RunningLab(course.root, output, *options, **{"HOME": str(home), **environment}))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.end(signal.SIGTERM)
