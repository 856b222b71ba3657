"""Runs a function in worker processes, of which any may die or hang: each call has a result or the reason why not."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Generic, TypeVar

from courseware.base.errors import UsageError

Key = TypeVar("Key")
Argument = TypeVar("Argument")
Result = TypeVar("Result")

# Fresh processes: a forked one would inherit the threads and the terminal of the process that starts it.
SPAWN = multiprocessing.get_context("spawn")
LONGEST_SECONDS = 900.0
"""How long one call may take, in seconds, unless another time is given."""
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class NoResult:
    """Why a call has no result. `is_usage_error`: the function raised UsageError, and `reason` is its message."""

    reason: str
    is_usage_error: bool = False


def run_in_workers(
    function: Callable[[Argument], Result],
    calls: Iterable[tuple[Key, Argument]],
    *,
    workers: int,
    seconds: float = LONGEST_SECONDS,
) -> Iterator[tuple[Key, Result | NoResult]]:
    """Call `function` for each argument in worker processes.

    A worker that dies is replaced, and so is one that does not end a call within so many `seconds`. `calls` is advanced
    only when a worker is free, so that arguments that are made on the way need not fit into memory together.

    The function and its arguments must be picklable.

    Yields:
        The key of a call and its result, as soon as the result is known.
    """
    todo = iter(calls)
    crew: list[_Worker[Key, Argument, Result]] = [_Worker(function, seconds) for _ in range(workers)]
    try:
        while True:
            for worker in crew:
                if worker.key is None and (call := next(todo, None)) is not None:
                    worker.give(*call)
            busy = [worker for worker in crew if worker.key is not None]
            if not busy:
                return
            timeout = min(worker.deadline for worker in busy) - time.monotonic()
            ready = wait([worker.connection for worker in busy], max(timeout, 0))
            for worker in busy:
                if worker.connection in ready or worker.deadline <= time.monotonic():
                    yield worker.take()
    finally:
        for worker in crew:
            worker.dismiss()
        for worker in crew:
            worker.wait_for_end()


class _Worker(Generic[Key, Argument, Result]):
    """A process that does one call at a time, and the process that takes its place when it dies."""

    def __init__(self, function: Callable[[Argument], Result], seconds: float) -> None:
        self.key: Key | None = None
        self._seconds = seconds
        self._function = function
        self._start()

    def _start(self) -> None:
        self.connection, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_work, args=(theirs, self._function), daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the process is the end of the connection

    def give(self, key: Key, argument: Argument) -> None:
        self.key = key
        self.deadline = time.monotonic() + self._seconds
        with suppress(BrokenPipeError):  # it has died; `take` says so
            self.connection.send(argument)

    def take(self) -> tuple[Key, Result | NoResult]:
        """The key of the call and its result, which is there or will never come."""
        assert self.key is not None
        key, self.key = self.key, None
        if self.deadline <= time.monotonic():
            self._replace()
            return key, NoResult(f"it did not end within {self._seconds:.0f} s")
        try:
            result: Result | NoResult = self.connection.recv()
        except (EOFError, OSError):
            self._replace()
            return key, NoResult("its worker process died")
        return key, result

    def _replace(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()
        self._start()

    def dismiss(self) -> None:
        """Let the process end: at once in the middle of a call, else when it reads the closed connection."""
        if self.key is not None:
            self._process.terminate()
        self.connection.close()

    def wait_for_end(self) -> None:
        self._process.join(STOP_SECONDS)
        self._process.kill()
        self._process.join()


def _work(connection: Connection, function: Callable[[Any], Any]) -> None:
    """Answer each argument on the connection, until the connection is closed.

    Ctrl-C in the terminal is for the process that started this one. SIGTERM raises KeyboardInterrupt, so that context
    managers clean up.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    over = suppress(EOFError, BrokenPipeError, KeyboardInterrupt)
    with over, Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):  # what is called may print
        while True:
            argument = connection.recv()
            try:
                result = function(argument)
            except UsageError as error:
                result = NoResult(str(error), is_usage_error=True)
            except Exception as error:
                result = NoResult(f"{type(error).__name__}: {error}")
            connection.send(result)


def _end_with_parent() -> None:
    """End this process when its parent is gone, however that ended, even in the middle of a call."""
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)
