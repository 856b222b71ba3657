"""Starts one run of a test suite: a fork that lays out an application with the tests and runs pytest."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from courseware.base.errors import UsageError
from courseware.judging.sandbox import bubblewrap
from courseware.judging.sandbox.availability import CLEAN_ENVIRONMENT, available
from courseware.judging.sandbox.command import Limits, SandboxKind
from courseware.judging.sandbox.forking import ForkRefused, suite_fork_server
from courseware.judging.sandbox.launching import CommandLine, launch
from courseware.judging.sandbox.starting import environment_in, make_group, private_folder, resource_limits

SUITE_LIMITS = Limits(cpu_seconds=60, disk=64 * 1024 * 1024)


@dataclass(frozen=True)
class SuitePackage:
    """What one run gets.

    Args:
        files: what is laid out in the project's folder: the tests, and files of the application that are no modules.
        modules: the compiled code of the application's modules, by path.
        order: the tests to run first, in this order.
        arguments: what pytest collects.
        clock: the POSIX time from which the clock runs on; None for the real time.
        mark: the name by which functions of the application report that they run.
        application: how the paths of its modules begin.
    """

    files: Mapping[str, bytes]
    modules: Mapping[str, bytes]
    order: Sequence[str]
    arguments: Sequence[str]
    clock: float | None
    mark: str
    application: str

    def encoded(self, folder: str, limits: Mapping[str, int]) -> bytes:
        """A line of JSON, then all contents one after the other."""
        begin = sum(map(len, self.files.values()))
        modules = []
        for path, code in self.modules.items():
            modules.append((path, begin, begin + len(code)))
            begin += len(code)
        setup = {
            "folder": folder,
            "limits": limits,
            "files": [(path, len(content)) for path, content in self.files.items()],
            "modules": modules,
            "order": self.order,
            "arguments": self.arguments,
            "clock": self.clock,
            "mark": self.mark,
            "application": self.application,
        }
        contents = b"".join([*self.files.values(), *self.modules.values()])
        return json.dumps(setup).encode() + b"\n" + contents


@dataclass(frozen=True)
class SuiteProcess:
    """A run that was started. The caller must `close` it.

    Args:
        reports: the reading end of the pipe for the reports. What comes there is the submission's word.
        log: the reading end of the pipe for what is printed.
        kill: ends all its processes at once.
        why_killed: says in words why the machine killed it, if it did.
        close: ends it and removes what was made for it.
        cpu_seconds: how much processor time it took, after its end; 0 where that is not known.
    """

    reports: int
    log: int
    kill: Callable[[], None]
    why_killed: Callable[[], str | None]
    close: Callable[[], None]
    cpu_seconds: Callable[[], float] = lambda: 0.0


def start_suite(
    package: SuitePackage,
    environment: Mapping[str, str],
    database: Callable[[Path], Mapping[str, str]],
    imports: Sequence[str],
    *,
    kind: SandboxKind,
) -> SuiteProcess:
    """Start a run and return at once. `database` gives the variables for the path of a database.

    Raises UsageError where this machine has no such sandbox.
    """
    if sys.platform == "win32":
        raise UsageError("Windows itself cannot run tests for the course; work inside WSL 2.")
    if kind == "bubblewrap" and not available().bubblewrap:
        raise UsageError(f"The bubblewrap sandbox does not work here: {available().reason}")
    limits = SUITE_LIMITS
    with ExitStack() as ours, CommandLine() as line:
        home = private_folder()
        ours.callback(shutil.rmtree, home, ignore_errors=True)
        inside = str(home) if kind == "plain" else bubblewrap.FOLDER
        variables = environment_in(inside, {**database(Path(inside, "application.sqlite3")), **environment})
        ends = []
        for _ in range(2):
            reading, writing = os.pipe()
            ours.callback(os.close, reading)
            ends.append((reading, line.add_descriptor(writing)))
        (log, printed), (reports, reported) = ends
        handed_over = [line.add_file(package.encoded(inside, resource_limits(kind, limits))), reported]
        if kind == "plain":
            kill = _plain_server(tuple(imports)).start(variables, [printed, *handed_over])
            ours.callback(kill)
            return SuiteProcess(reports, log, kill, lambda: None, ours.pop_all().close)
        group = make_group(limits)
        if group is not None:
            ours.callback(group.remove)
        why_killed = (lambda: None) if group is None else group.why_killed
        server = suite_fork_server(imports)
        if server is not None:
            with suppress(ForkRefused):
                names = dict.fromkeys((*package.files, *package.modules), b"")
                take = group.take if group else lambda _: None
                forked = server.fork(names, variables, limits, [printed, *handed_over], take=take)
                ours.callback(forked.close)
                ours.callback(forked.wait)
                ours.callback(forked.kill)
                close = ours.pop_all().close
                return SuiteProcess(reports, log, forked.kill, why_killed, close, lambda: forked.cpu_seconds)
        variant = available().variant
        assert variant is not None
        if group is not None:
            line.add(*group.enter())
        bubblewrap.add_to(line, variant, variables, limits)
        line.add(sys.executable, "-I", "-B", "-u", str(bubblewrap.SUITE_RUNNER), *map(str, handed_over), *imports)
        process = launch(line, CLEAN_ENVIRONMENT, log=printed)
        ours.callback(process.wait)
        ours.callback(process.kill)
        return SuiteProcess(reports, log, process.kill, why_killed, ours.pop_all().close)


def expect_suites(imports: Sequence[str]) -> None:
    """Import the libraries before the first suite is judged, where it is sure that one will be."""
    if available().bubblewrap:
        suite_fork_server(imports)
    else:
        _plain_server(tuple(imports))


class PlainServer:
    """A process without a sandbox that has imported the libraries, and forks for each run.

    A suite has the rights to end this process. So a new one is started when it does not answer.
    """

    def __init__(self, imports: Sequence[str]) -> None:
        self._imports = imports
        self._alone = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._connection, theirs = socket.socketpair()
        with CommandLine() as line:
            descriptor = line.add_descriptor(theirs.detach())
            arguments = ["--serve", str(descriptor), *self._imports]
            line.add(sys.executable, "-I", "-B", "-u", str(bubblewrap.SUITE_RUNNER), *arguments)
            self._process = launch(line, CLEAN_ENVIRONMENT, subprocess.DEVNULL)
        self._answers = self._connection.makefile("rb")

    def _end(self) -> None:
        self._answers.close()
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def start(self, environment: Mapping[str, str], descriptors: Sequence[int]) -> Callable[[], None]:
        """Start a run. Returns what ends it."""
        message = json.dumps({"environment": environment}).encode()
        with self._alone:
            try:
                process = self._fork(message, descriptors)
            except (OSError, ValueError):
                self._end()
                self._begin()
                process = self._fork(message, descriptors)

        def kill() -> None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process, signal.SIGKILL)

        return kill

    def _fork(self, message: bytes, descriptors: Sequence[int]) -> int:
        """The number of the process of a run. Raises OSError or ValueError if the server has ended."""
        socket.send_fds(self._connection, [message], descriptors)
        return int(self._answers.readline())


@cache
def _plain_server(imports: tuple[str, ...]) -> PlainServer:
    return PlainServer(imports)


if hasattr(os, "register_at_fork"):  # there are no forks on Windows
    os.register_at_fork(after_in_child=_plain_server.cache_clear)
