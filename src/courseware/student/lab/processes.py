"""Processes that belong together: they are started one by one and end all at once, with all that they started."""

import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO

import psutil

from courseware.base.processes import ENDING_SIGNALS

SECONDS_TO_END = 5.0


class Processes:
    """Child processes in sessions of their own, so that Ctrl-C at the terminal reaches this process alone."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        output: IO[bytes] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Starts a command in `folder`. It prints into `output`, or to where this process does."""
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def stop(self) -> None:
        """Asks all of them to end and, a few seconds later, makes them. Signals do not cut this short."""
        with undisturbed():
            # Collected first: what a process has started can no longer be told once it is gone.
            families = [member for process in self._started for member in _family(process)]
            for process in self._started:
                process.terminate()
            _, left = psutil.wait_procs(families, timeout=SECONDS_TO_END)
            for member in left:
                with suppress(psutil.NoSuchProcess):
                    member.kill()
            psutil.wait_procs(left, timeout=SECONDS_TO_END)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Lets no signal that ends a process interrupt the block."""
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def interrupted_once() -> Iterator[None]:
    """Lets only the first of such signals interrupt the block, with KeyboardInterrupt.

    A second Ctrl-C, or a terminal that is closed after the first, must not keep the block from tidying up.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for each in ENDING_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    with _handled_by(interrupt):
        yield


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> Iterator[None]:
    """Signals that are ignored already, as nohup has it, stay so."""
    taken = [number for number in ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in taken}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _family(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    try:
        head = psutil.Process(process.pid)
        return [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
