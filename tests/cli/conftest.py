"""The real command on a copy of the miniature course: with pipes, or on a terminal of its own."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from courseware.base.tree import write_tree
from courseware.course import Course
from courseware.course.stages import finish
from courseware.student.workspace import Workspace

SECONDS = 60
Command = Callable[..., "subprocess.CompletedProcess[str]"]

# Makes the pseudo-terminal its own controlling one, so that a typed Ctrl-C is a signal, and becomes the command.
ON_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "courseware", *sys.argv[1:]])
"""


class Terminal:
    """The command on a pseudo-terminal: what it shows can be waited for, keys can be pressed."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._ours, self._theirs = pty.openpty()
        self.settings_before = self.settings()
        self.shown = ""
        self._seen = 0
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_TERMINAL, *arguments],
            cwd=folder,
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )

    def wait_for(self, text: str) -> None:
        """Waits until `text` is shown, after what was waited for before."""
        self.wait_until(lambda: text in self.shown[self._seen :])
        self._seen = self.shown.index(text, self._seen) + len(text)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Waits until something holds; what is shown meanwhile is kept."""
        deadline = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"In vain. Shown since:\n{self.shown[self._seen :]}"
            self._read(0.1)

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def end(self) -> int:
        """The exit code, after the command has ended by itself."""
        self.wait_until(lambda: self.process.poll() is not None)
        self._read(0)
        return self.process.returncode

    def settings(self) -> list[Any]:
        """The terminal's modes, such as whether keys are echoed."""
        return termios.tcgetattr(self._theirs)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    def _read(self, seconds: float) -> None:
        while select.select([self._ours], [], [], seconds)[0]:
            self.shown += os.read(self._ours, 65536).decode(errors="replace")
            seconds = 0


@pytest.fixture
def workspace(course: Course) -> Workspace:
    """A workspace in which step 1 is laid out."""
    workspace = Workspace(course)
    workspace.start(course.step(1))
    return workspace


@pytest.fixture
def folder(workspace: Workspace, course: Course) -> Path:
    """The folder of step 1."""
    return workspace.folder(course.step(1))


@pytest.fixture
def solved(folder: Path, course: Course) -> Path:
    """The folder of step 1 with the reference in it."""
    write_tree(finish(course, 1), folder)
    return folder


@pytest.fixture
def command(course: Course) -> Command:
    """Runs the command to its end, in the course's folder unless told otherwise."""

    def run(*arguments: str, cwd: Path | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "courseware", *arguments],
            cwd=cwd or course.root,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def terminal(course: Course) -> Iterator[Callable[..., Terminal]]:
    """Starts the command on a terminal of its own, in the course's folder."""
    opened: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        opened.append(Terminal(course.root, *arguments))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


@pytest.fixture(autouse=True)
def _no_handlers_left() -> Iterator[None]:
    """Nothing that runs in this process may change how signals are taken."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    yield
    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
