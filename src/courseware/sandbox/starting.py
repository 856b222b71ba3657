"""Starts an application: its socket, what is handed in, and the process that serves it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from courseware.errors import UsageError
from courseware.project_tree import Tree
from courseware.sandbox import bubblewrap
from courseware.sandbox.availability import CLEAN_ENVIRONMENT, available
from courseware.sandbox.bubblewrap import RUNNER, CommandLine
from courseware.sandbox.command import ApplicationCommand, SandboxKind
from courseware.sandbox.limits import Limits
from courseware.sandbox.running import RunningApplication

BACKLOG = 256
LONGEST_ADDRESS = 100  # the kernel takes 107 bytes, macOS 103

# bubblewrap's --die-with-parent means the thread that started it: this one lives as long as the judge does.
_launcher = ThreadPoolExecutor(1, thread_name_prefix="sandbox launcher")


def _renew_launcher() -> None:
    global _launcher
    _launcher = ThreadPoolExecutor(1, thread_name_prefix="sandbox launcher")


os.register_at_fork(after_in_child=_renew_launcher)


def start_application(
    tree: Tree, command: ApplicationCommand, *, kind: SandboxKind, limits: Limits | None = None
) -> RunningApplication:
    """Starts to serve the project `tree` and returns at once; `wait_ready` tells how it went.

    `plain` is a process with limits and nothing more: it can read the checks and whatever its user can, so it is for
    one's own code only. Raises UsageError where this machine has no such sandbox.
    """
    if kind == "bubblewrap" and not available().bubblewrap:
        raise UsageError(f"The bubblewrap sandbox does not work here: {available().reason}")
    return _launcher.submit(_start, tree, command, kind, limits or Limits()).result()


def _start(tree: Tree, command: ApplicationCommand, kind: SandboxKind, limits: Limits) -> RunningApplication:
    with ExitStack() as unless_started, ExitStack() as handed_over:
        home = _private_folder()
        unless_started.callback(remove_home := partial(shutil.rmtree, home, ignore_errors=True))
        (home / "tmp").mkdir()
        address = str(home / "socket")
        listener = handed_over.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(address)
        listener.listen(BACKLOG)
        control, runner_control = socket.socketpair()
        handed_over.enter_context(runner_control)
        unless_started.callback(control.close)
        log, runner_log = os.pipe()
        handed_over.callback(os.close, runner_log)
        unless_started.callback(os.close, log)

        inside = bubblewrap.FOLDER if kind == "bubblewrap" else str(home)
        environment = _environment(command, inside)
        line = CommandLine()
        handed_over.callback(line.close)
        package = line.add_file(
            _package(
                tree,
                folder=inside,
                control=runner_control.fileno(),
                listener=listener.fileno(),
                limits=_resource_limits(kind, limits),
                migrations=command.migrations,
                entrypoint=command.entrypoint,
            )
        )
        runner = [sys.executable, "-I", "-B", str(RUNNER), package]
        if kind == "bubblewrap":
            variant = available().variant
            assert variant is not None
            outer = bubblewrap.command_line(variant, environment, limits, runner)
            handed_over.callback(outer.close)
            arguments, process_environment, more = outer.arguments, CLEAN_ENVIRONMENT, outer.descriptors
        else:
            arguments, process_environment, more = runner, environment, []
        process = subprocess.Popen(
            arguments,
            env=process_environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=runner_log,
            stderr=runner_log,
            pass_fds=(listener.fileno(), runner_control.fileno(), *line.descriptors, *more),
            start_new_session=True,
        )
        unless_started.pop_all()
        return RunningApplication(
            process,
            address=address,
            control=control,
            log=log,
            limits=limits,
            clean_up=remove_home,
        )


def _private_folder() -> Path:
    """A new folder that nobody else can look into, with a path short enough for a socket's address."""
    parent = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="app-", dir=parent if len(parent) < LONGEST_ADDRESS - 20 else "/tmp"))  # noqa: S108


def _environment(command: ApplicationCommand, inside: str) -> dict[str, str]:
    environment = {
        "PATH": CLEAN_ENVIRONMENT["PATH"],
        "LANG": "C.UTF-8",
        "HOME": inside,
        "TMPDIR": f"{inside}/tmp",  # noqa: S108
    }
    if command.migrations is not None:
        environment["DATABASE_URL"] = f"sqlite+aiosqlite:///{inside}/application.sqlite3"
    return {**environment, **command.environment}


def _resource_limits(kind: SandboxKind, limits: Limits) -> dict[str, int]:
    """Limits by the name that `resource` gives them."""
    names = {"FSIZE": limits.file_size, "NOFILE": limits.open_files, "CPU": limits.cpu_seconds}
    if sys.platform == "linux":
        names["AS"] = limits.address_space
    if kind == "bubblewrap":
        names["NPROC"] = limits.processes  # elsewhere it counts all that the user runs
    return names


def _package(tree: Tree, **setup: object) -> bytes:
    """What the runner reads: a line of JSON, then the project's files one after the other."""
    setup["files"] = [(path, len(content)) for path, content in tree.items()]
    return json.dumps(setup).encode() + b"\n" + b"".join(tree.values())
