"""`course lab` on a real terminal: ended by a typed Ctrl-C, and by a terminal that is closed."""

import os
import pty
import select
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from courseware.course import Course
from courseware.services.servers import free_port

SECONDS = 90

# Makes the pseudo-terminal its own controlling one, so that a typed Ctrl-C is a signal, and becomes the command.
ON_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "courseware", "lab", "1", "--no-browser", *sys.argv[1:]])
"""


class Terminal:
    """The command on a pseudo-terminal, from the time on when it is ready."""

    def __init__(self, course: Course) -> None:
        self._ours, theirs = pty.openpty()
        ports = ["--port", str(free_port()), "--application-port", str(free_port())]
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_TERMINAL, *ports],
            cwd=course.root,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = b""
        deadline = time.monotonic() + SECONDS
        while b"Ctrl-C ends everything" not in self.shown:
            assert time.monotonic() < deadline, self.shown
            self.read()
        head = psutil.Process(self.process.pid)
        self.family = [head, *head.children(recursive=True)]

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def close(self) -> None:
        os.close(self._ours)
        self._ours = -1

    def read(self) -> None:
        """Reads what is shown within a moment; nothing more comes from a terminal that nobody writes to."""
        if self._ours >= 0 and select.select([self._ours], [], [], 0.1)[0]:
            with suppress(OSError):
                self.shown += os.read(self._ours, 65536)

    def end(self) -> list[psutil.Process]:
        """Which of the processes are left after the command has ended by itself."""
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.shown
            self.read()
            time.sleep(0.02)
        return psutil.wait_procs(self.family, timeout=1)[1]


@pytest.mark.parametrize("way", ["Ctrl-C", "Ctrl-C twice", "the terminal is closed", "Ctrl-C, then it is closed"])
def test_nothing_is_left_however_the_person_at_the_terminal_ends_it(course: Course, way: str) -> None:
    terminal = Terminal(course)
    try:
        for _ in range(way.count("Ctrl-C") + way.count("twice")):
            terminal.press(b"\x03")
        if "closed" in way:
            terminal.close()
        assert terminal.end() == []
        assert terminal.process.returncode == 0
    finally:
        for member in terminal.family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        terminal.process.wait()
