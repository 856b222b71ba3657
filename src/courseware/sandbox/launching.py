"""Starts commands from a thread that lives as long as the judge."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from queue import SimpleQueue
from typing import TypeAlias

from courseware.sandbox.command_line import CommandLine


class Session(subprocess.Popen[bytes]):
    """A process that leads a session of its own; all of that ends with `kill`."""

    def kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of what has died already
            os.killpg(self.pid, signal.SIGKILL)


def launch(line: CommandLine, environment: Mapping[str, str], log: int) -> Session:
    """Starts the command. What it prints goes to the descriptor `log`."""

    def start() -> Session:
        return Session(
            line.arguments,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=line.descriptors,
            start_new_session=True,
        )

    started: Future[Session] = Future()
    _launches().put((start, started))
    return started.result()


_Launch: TypeAlias = tuple[Callable[[], Session], Future[Session]]


@cache
def _launches() -> SimpleQueue[_Launch]:
    """What the thread that starts every process does next, and where it puts the process.

    bubblewrap's --die-with-parent means the thread that started it: this one lives as long as the judge. It is a
    daemon, because an executor's thread is waited for at the end, for ever if Ctrl-C came while it was being started.
    """
    launches: SimpleQueue[_Launch] = SimpleQueue()
    threading.Thread(target=_launch_all, args=(launches,), name="sandbox launcher", daemon=True).start()
    return launches


def _launch_all(launches: SimpleQueue[_Launch]) -> None:
    while True:
        start, started = launches.get()
        try:
            started.set_result(start())
        except Exception as error:
            started.set_exception(error)


if hasattr(os, "register_at_fork"):  # there are no forks on Windows
    os.register_at_fork(after_in_child=_launches.cache_clear)
