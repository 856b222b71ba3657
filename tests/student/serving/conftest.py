"""The real `course run` on a copy of the miniature course."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from courseware.course import Course
from courseware.services.servers import HOST, free_port
from courseware.student.workspace import Workspace

SECONDS = 60


class Served:
    """A running `course run`; what it prints goes to a file."""

    def __init__(self, course: Course, output: Path, *arguments: str) -> None:
        self.port = free_port()
        self._output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "courseware", "run", "1", "--port", str(self.port), *arguments],
                cwd=course.root,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def get(self, path: str, **headers: str) -> tuple[int, str, str]:
        """Status, media type and body of the answer. Waits until the server listens."""
        deadline = time.monotonic() + SECONDS
        while True:
            connection = http.client.HTTPConnection(HOST, self.port, timeout=SECONDS)
            try:
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                return answer.status, answer.headers.get_content_type(), answer.read().decode(errors="replace")
            except (ConnectionError, http.client.HTTPException):
                assert self.process.poll() is None, self.printed
                assert time.monotonic() < deadline, self.printed
                time.sleep(0.05)
            finally:
                connection.close()

    def get_until(self, path: str, wanted: Callable[[int, str], bool]) -> str:
        """The body of the first answer whose status and body are wanted: a save takes a while to have its effect."""
        deadline = time.monotonic() + SECONDS
        while True:
            status, _, body = self.get(path)
            if wanted(status, body):
                return body
            assert time.monotonic() < deadline, f"{status} {body}\n{self.printed}"
            time.sleep(0.1)

    @property
    def printed(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")

    @property
    def family(self) -> list[psutil.Process]:
        """The process and all that it started."""
        head = psutil.Process(self.process.pid)
        return [head, *head.children(recursive=True)]


@pytest.fixture
def folder(course: Course) -> Path:
    """The folder of step 1, laid out as it is handed to the student."""
    return Workspace(course).start(course.step(1)).folder


@pytest.fixture
def run(course: Course, folder: Path, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts `course run 1`; whatever is left of it at the end is killed."""
    started: list[Served] = []

    def start(*arguments: str) -> Served:
        assert folder.is_dir()
        started.append(Served(course, tmp_path / f"output_{len(started)}.txt", *arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            for member in each.family:
                member.kill()
        each.process.wait()
