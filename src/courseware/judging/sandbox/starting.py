"""Starts an application: its socket, what is handed in, and the process that serves it."""

import json
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from courseware.base.errors import UsageError
from courseware.base.tree import Tree
from courseware.judging.sandbox import bubblewrap
from courseware.judging.sandbox.availability import CLEAN_ENVIRONMENT, available
from courseware.judging.sandbox.cgroup import ControlGroup, make_group_anywhere
from courseware.judging.sandbox.command import ApplicationCommand, Limits, SandboxKind
from courseware.judging.sandbox.forking import ForkedApplication, ForkRefused, fork_server
from courseware.judging.sandbox.launching import CommandLine, compile_libraries, launch
from courseware.judging.sandbox.started_application import RunningApplication

BACKLOG = 256
LONGEST_PARENT = 80  # a socket's address has room for 107 bytes, on macOS for 103
START_SECONDS = 60.0
FIRST_REQUESTS_SECONDS = 0.2  # after which most of what an application imports only when it is asked is imported


def start_application(
    tree: Tree,
    command: ApplicationCommand,
    *,
    kind: SandboxKind,
    processes: int = 1,
    limits: Limits | None = None,
    serve: Callable[[Sequence[socket.socket]], None] = lambda _: None,
) -> RunningApplication:
    """Starts to serve the project `tree` and returns at once; `wait_ready` tells how it went.

    Several processes share one sandbox, with its files and its ports, and have several times the memory and threads of
    one. The first migrates the database and starts; the others start when it is up.

    In bubblewrap the second start waits for the fork server, about as long as it would itself have imported libraries.

    `serve` gets sockets that listen on the command's service ports, in a thread of its own and before anything of the
    project runs. They are the sandbox's own ports, so that `plain`, which has none, refuses them.

    `plain` is a process with limits and nothing more: it can read the checks and whatever its user can, so it is for
    your own code only. Raises UsageError if this machine has no such sandbox.
    """
    if sys.platform == "win32":
        raise UsageError("Windows itself cannot run applications for the course; work inside WSL 2.")
    if kind == "bubblewrap" and not available().bubblewrap:
        raise UsageError(f"The bubblewrap sandbox does not work here: {available().reason}")
    if kind == "plain" and command.service_ports:
        raise UsageError("Without a sandbox services are found at the machine's own ports.")
    limits = limits or Limits()
    limits = replace(limits, memory=limits.memory * processes, processes=limits.processes * processes)
    with ExitStack() as clean_up, ExitStack() as ours, ExitStack() as theirs, CommandLine() as line:
        home = private_folder()
        clean_up.callback(shutil.rmtree, home, ignore_errors=True)
        addresses = [str(home / f"socket-{number}") for number in range(processes)]
        listeners = [_listen(address) for address in addresses]
        controls, their_controls = zip(*(socket.socketpair() for _ in range(processes)), strict=True)
        for control in controls:
            ours.callback(control.close)
        log, printed = os.pipe()
        ours.callback(os.close, log)
        theirs.callback(os.close, printed)
        inside = str(home) if kind == "plain" else bubblewrap.FOLDER
        environment = _environment(command, inside)
        package = _package(
            tree,
            folder=inside,
            limits=resource_limits(kind, limits),
            migrations=command.migrations,
            entrypoint=command.entrypoint,
            database=_database_in(inside) if command.database else None,
            other_row_order=command.other_row_order,
            service_ports=command.service_ports,
        )
        handed_over = [line.add_file(package)]
        for pair in zip(listeners, their_controls, strict=True):
            handed_over += [line.add_descriptor(each.detach()) for each in pair]
        group = make_group(limits) if kind == "bubblewrap" else None
        if group is not None:
            clean_up.callback(group.remove)
        forked = None if kind == "plain" else _fork(tree, command, environment, limits, group, [printed, *handed_over])
        if forked is not None:
            clean_up.callback(forked.close)
        elif kind == "bubblewrap":
            _enter_sandbox(line, environment, limits, group)
        line.add(sys.executable, "-I", "-B", "-u", str(bubblewrap.RUNNER), *map(str, handed_over))
        process = forked or launch(line, environment if kind == "plain" else CLEAN_ENVIRONMENT, log=printed)
        ours.pop_all()
        running = RunningApplication(
            process,
            addresses=addresses,
            controls=controls,
            log=log,
            limits=limits,
            why_killed=(lambda: None) if group is None else group.why_killed,
            service_sockets=len(command.service_ports),
            has_database=bool(command.database),
            serve=serve,
            clean_up=clean_up.pop_all().close,
        )
    _see_to_byte_code(running)
    return running


def private_folder() -> Path:
    """A new folder that no other user can read, with a path short enough for a socket's address."""
    parent = tempfile.gettempdir()
    folder = Path(tempfile.mkdtemp(prefix="app-", dir=parent if len(parent) <= LONGEST_PARENT else "/tmp"))  # noqa: S108
    (folder / "tmp").mkdir()
    return folder


def _listen(path: str) -> socket.socket:
    """A socket that listens at this address in the file system."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(BACKLOG)
    return listener


def _environment(command: ApplicationCommand, inside: str) -> dict[str, str]:
    database = {name: text.format(path=_database_in(inside)) for name, text in command.database.items()}
    return environment_in(inside, {**database, **command.environment})


def environment_in(inside: str, variables: Mapping[str, str]) -> dict[str, str]:
    """These variables and a few of the sandbox's own, for a process whose folder is `inside`."""
    own = {**CLEAN_ENVIRONMENT, "LANG": bubblewrap.LANGUAGE, "HOME": inside, "TMPDIR": f"{inside}/tmp"}  # noqa: S108
    return {**own, **variables}


def _database_in(inside: str) -> str:
    """The path of the application's database, whose folder also takes what SQLite writes beside it."""
    return f"{inside}/application.sqlite3"


def resource_limits(kind: SandboxKind, limits: Limits) -> dict[str, int]:
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


def make_group(limits: Limits) -> ControlGroup | None:
    """A control group for one application, where this machine lets us have one."""
    groups = available().groups
    return None if groups is None else make_group_anywhere(groups, limits)


def _fork(
    tree: Tree,
    command: ApplicationCommand,
    environment: Mapping[str, str],
    limits: Limits,
    group: ControlGroup | None,
    descriptors: Sequence[int],
) -> ForkedApplication | None:
    """The application as a fork, where that is worth it and possible."""
    server = fork_server(command.imports)
    if server is None:
        return None
    try:
        return server.fork(tree, environment, limits, descriptors, take=group.take if group else lambda _: None)
    except ForkRefused:
        return None


def _enter_sandbox(
    line: CommandLine, environment: Mapping[str, str], limits: Limits, group: ControlGroup | None
) -> None:
    """Begins the command with what leads into bubblewrap."""
    variant = available().variant
    assert variant is not None
    if group is not None:
        line.add(*group.enter())
    bubblewrap.add_to(line, variant, environment, limits)


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
