"""Command lines for sandboxes, and the thread that starts them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self, TypeAlias

MAXIMUM_FILES = 10_000


@dataclass
class CommandLine:
    """A command's arguments and the descriptors that it inherits. Leaving its context closes our copies of these."""

    arguments: list[str] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def add(self, *arguments: str) -> None:
        self.arguments += arguments

    def add_bubblewrap(self, options: Iterable[str]) -> None:
        """bubblewrap with `options` passed through a pipe: every user of the machine can read a command line."""
        self.add("bwrap", "--args", str(self.add_file("\0".join(options).encode())), "--")

    def add_file(self, content: bytes) -> int:
        """A descriptor from which the command can read `content`."""
        with TemporaryFile() as file:
            file.write(content)
            file.seek(0)
            return self.add_descriptor(os.dup(file.fileno()))

    def add_descriptor(self, descriptor: int) -> int:
        """Takes over a descriptor of ours for the command. Returns it."""
        self.descriptors.append(descriptor)
        return descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors.clear()


def compile_libraries(sources: Collection[str]) -> None:
    """Compiles these files in a process of its own, as far as they are Python's or an installed library's.

    What cannot be compiled or written is left as it is. Takes seconds.
    """
    libraries = [source for source in sources if _is_library(source)][:MAXIMUM_FILES]
    if libraries:
        command = [sys.executable, "-I", "-m", "compileall", "-q", "-i", "-"]
        subprocess.run(command, input="\n".join(libraries).encode(), capture_output=True, check=False)


def _is_library(source: str) -> bool:
    """Whether the path, which a submission may have made up, is that of a library's source file."""
    path = Path(source)
    return (
        path.suffix == ".py"
        and source == os.path.normpath(source)
        and any(path.is_relative_to(prefix) for prefix in (sys.prefix, sys.base_prefix))
        and path.is_file()
    )


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
