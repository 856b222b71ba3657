"""Starts an application: its socket, what is handed in, and the process that serves it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, TypeAlias

from courseware.errors import UsageError
from courseware.project_tree import Tree
from courseware.sandbox import bubblewrap
from courseware.sandbox.availability import CLEAN_ENVIRONMENT, available
from courseware.sandbox.bytecode import compile_libraries
from courseware.sandbox.cgroup import ControlGroup, make_group
from courseware.sandbox.command import ApplicationCommand, SandboxKind
from courseware.sandbox.command_line import CommandLine
from courseware.sandbox.limits import Limits
from courseware.sandbox.running import RunningApplication

BACKLOG = 256
LONGEST_PARENT = 80  # a socket's address has room for 107 bytes, on macOS for 103
START_SECONDS = 60.0
FIRST_REQUESTS_SECONDS = 0.2  # after which most of what an application imports only when it is asked is imported


def start_application(
    tree: Tree,
    command: ApplicationCommand,
    *,
    kind: SandboxKind,
    limits: Limits | None = None,
    serve: Callable[[Sequence[socket.socket]], None] = lambda _: None,
) -> RunningApplication:
    """Starts to serve the project `tree` and returns at once; `wait_ready` tells how it went.

    `serve` gets sockets that listen on the command's service ports, in a thread of its own and before anything of the
    project runs. They are the sandbox's own ports, so that `plain`, which has none, refuses them.

    `plain` is a process with limits and nothing more: it can read the checks and whatever its user can, so it is for
    one's own code only. Raises UsageError where this machine has no such sandbox.
    """
    if sys.platform == "win32":
        raise UsageError("Windows itself cannot run applications for the course; work inside WSL 2.")
    if kind == "bubblewrap" and not available().bubblewrap:
        raise UsageError(f"The bubblewrap sandbox does not work here: {available().reason}")
    if kind == "plain" and command.service_ports:
        raise UsageError("Without a sandbox services are found at the machine's own ports.")
    limits = limits or Limits()
    with ExitStack() as clean_up, ExitStack() as ours, ExitStack() as theirs, CommandLine() as line:
        home = _private_folder()
        clean_up.callback(shutil.rmtree, home, ignore_errors=True)
        listener, address = _listen(home)
        control, their_control = socket.socketpair()
        ours.callback(control.close)
        log, their_log = os.pipe()
        ours.callback(os.close, log)
        printed = theirs.enter_context(os.fdopen(their_log, "wb"))
        inside = str(home) if kind == "plain" else bubblewrap.FOLDER
        environment = _environment(command, inside)
        package = _package(
            tree,
            folder=inside,
            listener=line.add_descriptor(listener.detach()),
            control=line.add_descriptor(their_control.detach()),
            limits=_resource_limits(kind, limits),
            migrations=command.migrations,
            entrypoint=command.entrypoint,
            service_ports=command.service_ports,
        )
        group = _enter_sandbox(line, environment, limits) if kind == "bubblewrap" else None
        if group is not None:
            clean_up.callback(group.remove)
        line.add(sys.executable, "-I", "-B", "-u", str(bubblewrap.RUNNER), str(line.add_file(package)))
        process = _launch(line, environment if kind == "plain" else CLEAN_ENVIRONMENT, printed)
        ours.pop_all()
        running = RunningApplication(
            process,
            address=address,
            control=control,
            log=log,
            limits=limits,
            why_killed=(lambda: None) if group is None else group.why_killed,
            service_sockets=len(command.service_ports),
            serve=serve,
            clean_up=clean_up.pop_all().close,
        )
    _see_to_byte_code(running)
    return running


def _private_folder() -> Path:
    """A new folder that nobody else can look into, with a path short enough for a socket's address."""
    parent = tempfile.gettempdir()
    folder = Path(tempfile.mkdtemp(prefix="app-", dir=parent if len(parent) <= LONGEST_PARENT else "/tmp"))  # noqa: S108
    (folder / "tmp").mkdir()
    return folder


def _listen(folder: Path) -> tuple[socket.socket, str]:
    """A listening socket and its address in the file system."""
    address = str(folder / "socket")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(BACKLOG)
    return listener, address


def _environment(command: ApplicationCommand, inside: str) -> dict[str, str]:
    environment = {**CLEAN_ENVIRONMENT, "LANG": "C.UTF-8", "HOME": inside, "TMPDIR": f"{inside}/tmp"}  # noqa: S108
    if command.migrations is not None:
        environment["DATABASE_URL"] = f"sqlite+aiosqlite:///{inside}/application.sqlite3"
    return {**environment, **command.environment}


def _resource_limits(kind: SandboxKind, limits: Limits) -> dict[str, int]:
    """Limits by the name that the `resource` module gives them."""
    names = {"FSIZE": limits.file_size, "NOFILE": limits.open_files, "CPU": limits.cpu_seconds}
    if sys.platform == "linux":
        names["AS"] = limits.address_space
    if kind == "bubblewrap":
        names["NPROC"] = limits.processes  # outside a namespace of its own, it counts all that the user runs
    return names


def _package(tree: Tree, **setup: object) -> bytes:
    """What the runner reads: a line of JSON, then the project's files one after the other."""
    setup["files"] = [(path, len(content)) for path, content in tree.items()]
    return json.dumps(setup).encode() + b"\n" + b"".join(tree.values())


def _enter_sandbox(line: CommandLine, environment: Mapping[str, str], limits: Limits) -> ControlGroup | None:
    """Begins the command with what leads into bubblewrap. Returns the control group that it enters, if any."""
    found = available()
    assert found.variant is not None
    group = None if found.groups is None else make_group(found.groups, limits)
    if group is not None:
        line.add(*group.enter())
    bubblewrap.add_to(line, found.variant, environment, limits)
    return group


def _launch(line: CommandLine, environment: Mapping[str, str], log: BinaryIO) -> subprocess.Popen[bytes]:
    """Starts the command as the leader of a session of its own."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            line.arguments,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=line.descriptors,
            start_new_session=True,
        )

    started: Future[subprocess.Popen[bytes]] = Future()
    _launches().put((start, started))
    return started.result()


_Launch: TypeAlias = tuple[Callable[[], subprocess.Popen[bytes]], Future[subprocess.Popen[bytes]]]


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


_byte_code_is_known = threading.Event()


def _see_to_byte_code(running: RunningApplication) -> None:
    """Has compiled, in the background, what the first application that comes up had to compile by itself."""

    def learn() -> None:
        if running.wait_ready(START_SECONDS).phase == "ready" and not _byte_code_is_known.is_set():
            _byte_code_is_known.set()
            for seconds in (0, FIRST_REQUESTS_SECONDS):
                time.sleep(seconds)
                compile_libraries(running.uncompiled_modules())

    if not _byte_code_is_known.is_set():
        threading.Thread(target=learn, name="byte code", daemon=True).start()
