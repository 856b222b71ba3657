"""Starts applications as forks of a process that has imported their libraries already: a third of a start is left.

What is forked knows nothing of any project, and every fork gets walls of its own (`inside/fork_server.py`).
"""

import atexit
import itertools
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Any

from courseware.base.tree import Tree
from courseware.judging.sandbox import bubblewrap, seccomp
from courseware.judging.sandbox.availability import CLEAN_ENVIRONMENT, available
from courseware.judging.sandbox.command import Limits
from courseware.judging.sandbox.launching import CommandLine, launch

IMPORT_SECONDS = 20.0
ANSWER_SECONDS = 5.0
LONGEST_MESSAGE = 128 * 1024
LOST = -int(signal.SIGKILL)
CREDENTIALS = struct.Struct("@3i")  # the number of a process, its user, its group


class ForkRefused(Exception):
    """This application cannot be forked; it has to be started in the usual way."""


class ForkedApplication:
    """The processes of one application. Their supervisor, at the other end of the socket, tells of them."""

    def __init__(self, supervisor: socket.socket) -> None:
        self._supervisor = supervisor
        self._receiving = threading.Lock()
        self._code: int | None = None
        self.cpu_seconds = 0.0
        """How much processor time they took together, as far as that is known after their end."""

    def poll(self) -> int | None:
        """The exit code (negative: the signal that killed it), or None while it runs."""
        with self._receiving:
            if self._code is None and _has_something(self._supervisor, 0):
                try:
                    ended = _receive(self._supervisor)
                    self._code, self.cpu_seconds = ended["code"], ended["cpu_seconds"]
                except (ForkRefused, OSError):
                    self._code = LOST
            return self._code

    def wait(self) -> int:
        """The exit code, when it has ended."""
        while (code := self.poll()) is None:
            _has_something(self._supervisor, None)
        return code

    def kill(self) -> None:
        """Ends all of its processes at once."""
        with suppress(OSError):
            self._supervisor.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Gives up its supervisor, which ends it too."""
        self._supervisor.close()


class ForkServer:
    """A process in the sandbox that has imported these libraries. Raises ForkRefused where none comes up.

    Each fork runs `program`, which is the file of a runner.
    """

    def __init__(self, imports: Sequence[str], program: Path = bubblewrap.RUNNER) -> None:
        variant = available().variant
        assert variant is not None
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with CommandLine() as line:
            descriptors = [line.add_descriptor(theirs.detach()), line.add_file(seccomp.program() or b"")]
            bubblewrap.add_fork_server_to(line, variant)
            line.add(sys.executable, "-I", "-B", "-u", str(bubblewrap.FORK_SERVER), *map(str, descriptors))
            line.add(program.name, *imports)
            self._process = launch(line, CLEAN_ENVIRONMENT, subprocess.DEVNULL)
        atexit.register(self.stop)
        try:
            self._modules = frozenset(_receive(self._connection, IMPORT_SECONDS))
        except BaseException:
            self.stop()
            raise

    def fork(
        self,
        tree: Tree,
        environment: Mapping[str, str],
        limits: Limits,
        descriptors: Sequence[int],
        take: Callable[[int], None],
    ) -> ForkedApplication:
        """Has a fork run the runner, with these descriptors: where it prints, then what the runner takes.

        `take` is told the number of the process in which all of it will happen, before anything does.

        Raises ForkRefused where this machine lets nothing that bubblewrap has started build walls, or where a file of
        the project has the name of a library that is imported already: the application would not get its own.
        """
        if self._modules & {path.partition("/")[0].removesuffix(".py") for path in tree}:
            raise ForkRefused("A file of the project has the name of a library.")
        request = {
            "environment": bubblewrap.environment_inside(environment),
            "folders": bubblewrap.folders_inside(limits),
            "home": bubblewrap.FOLDER,
        }
        with ExitStack() as stack:
            supervisor, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            stack.callback(supervisor.close)
            supervisor.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            try:
                with theirs:
                    socket.send_fds(self._connection, [json.dumps(request).encode()], [theirs.fileno(), *descriptors])
                take(_process_at(supervisor))
                supervisor.send(b"go on")
                if refused := _receive(supervisor).get("refused"):
                    raise ForkRefused(refused)
            except OSError as error:
                raise ForkRefused(str(error)) from None
            stack.pop_all()
        return ForkedApplication(supervisor)

    def stop(self) -> None:
        """Ends it with all that it has forked."""
        self._process.kill()
        self._process.wait()
        self._connection.close()


_starts = itertools.count()


def expect_starts(imports: Sequence[str]) -> None:
    """Has the fork server for these libraries up before the first start, where it is sure that starts will follow."""
    next(_starts)
    if available().bubblewrap:
        fork_server(imports)


def fork_server(imports: Sequence[str]) -> ForkServer | None:
    """The fork server for these libraries, from the second start on: one application alone would not be worth it."""
    if next(_starts) == 0 or not imports:
        return None
    return _fork_server(tuple(imports))


def suite_fork_server(imports: Sequence[str]) -> ForkServer | None:
    """The fork server for runs of test suites, of which there are always many."""
    return _fork_server(tuple(imports), bubblewrap.SUITE_RUNNER)


@cache
def _fork_server(imports: tuple[str, ...], program: Path = bubblewrap.RUNNER) -> ForkServer | None:
    try:
        return ForkServer(imports, program)
    except ForkRefused:
        return None


if hasattr(os, "register_at_fork"):  # there are no forks on Windows
    os.register_at_fork(after_in_child=_fork_server.cache_clear)


def _process_at(supervisor: socket.socket) -> int:
    """The number, as we count, of the process that says first that it is there."""
    _wait_for(supervisor, ANSWER_SECONDS)
    _, credentials, _, _ = supervisor.recvmsg(LONGEST_MESSAGE, socket.CMSG_SPACE(CREDENTIALS.size))
    if not credentials:
        raise ForkRefused("The fork server is gone.")
    process, _, _ = CREDENTIALS.unpack(credentials[0][2])
    return int(process)


def _receive(connection: socket.socket, seconds: float = ANSWER_SECONDS) -> Any:
    """The next message. Raises ForkRefused where none comes."""
    _wait_for(connection, seconds)
    message = connection.recv(LONGEST_MESSAGE)
    if not message:
        raise ForkRefused("The fork server is gone.")
    return json.loads(message)


def _wait_for(connection: socket.socket, seconds: float) -> None:
    if not _has_something(connection, seconds):
        raise ForkRefused("The fork server does not answer.")


def _has_something(connection: socket.socket, seconds: float | None) -> bool:
    return bool(select.select([connection], [], [], seconds)[0])
