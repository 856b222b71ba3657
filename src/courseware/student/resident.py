"""A `course` command that stays: what judging needs is imported once, and not again with each command."""

import atexit
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

IDLE_SECONDS = 600.0
"""After which the process is ended, until it is asked again: many people may work on one machine."""
SECONDS_TO_END = 5.0


class CommandRequest(TypedDict):
    """A command to run."""

    folder: str
    arguments: Sequence[str]


class CommandResult(TypedDict):
    """What became of a command: its exit code, and what it printed."""

    code: int
    stdout: str
    stderr: str


class ResidentProcess:
    """Runs `course` commands, for any thread, in a process of its own (`courseware.cli.program`).

    It stays until nothing was asked for ten minutes, or its owner ends.
    """

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._idle = threading.Timer(IDLE_SECONDS, self.close)
        atexit.register(self.close)

    def start(self) -> None:
        """Has the process get ready, without waiting for that."""
        with self._alone:
            self._get_process()

    def close(self) -> None:
        """Ends the process. The next command gets another."""
        with self._alone:
            self._end()

    def run(self, *arguments: str, seconds: float, said: Callable[[str], object] = lambda _: None) -> CommandResult:
        """Runs a command in the current folder. `said` is told how far it is, by commands that say so.

        Raises TimeoutError if it takes longer than `seconds`, and ChildProcessError if its process ends before it.
        """
        request: CommandRequest = {"folder": str(Path.cwd()), "arguments": arguments}
        with self._alone:
            try:
                return self._ask(self._get_process(), request, seconds, said)
            except BaseException:
                self._end()  # or an answer that comes too late would be taken for the next command's
                raise

    def _ask(
        self,
        process: "subprocess.Popen[str]",
        request: CommandRequest,
        seconds: float,
        said: Callable[[str], object],
    ) -> CommandResult:
        assert process.stdin is not None
        assert process.stdout is not None
        deadline = time.monotonic() + seconds
        overdue = _later(seconds, process.kill)
        try:
            print(json.dumps(request), file=process.stdin, flush=True)
            for answer in process.stdout:
                message = json.loads(answer)
                if "progress" not in message:
                    done: CommandResult = message
                    return done
                said(message["progress"])
        finally:
            overdue.cancel()
        if time.monotonic() >= deadline:
            raise TimeoutError
        raise ChildProcessError(f"The process that judges has ended ({process.wait()}).")

    def _get_process(self) -> "subprocess.Popen[str]":
        self._idle.cancel()
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                # -P: a file of the student's must not stand in for one of Python's modules.
                [sys.executable, "-P", "-m", "courseware.cli.program"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="ascii",
                start_new_session=True,  # what interrupts a cell that does not judge is not for the judge
            )
        self._idle = _later(IDLE_SECONDS, self.close)
        return self._process

    def _end(self) -> None:
        self._idle.cancel()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.communicate(timeout=SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.communicate()
            self._process = None


def _later(seconds: float, deed: Callable[[], object]) -> threading.Timer:
    """Calls it after a number of seconds, unless it is cancelled or the program ends before."""
    timer = threading.Timer(seconds, deed)
    timer.daemon = True
    timer.start()
    return timer
