"""Runs inside a sandbox that shows no project: imports libraries once, and forks a process for each application.

Each gets walls of its own, as high as those that bubblewrap builds for a process that it starts: namespaces, empty
folders to write to, no capabilities, the system call filter. Only this process and the supervisor of each fork keep the
capabilities for that; an application cannot see either of them. One trusted file, like the runner.

For each application the judge sends one JSON object over a socket, together with descriptors. The first of them is
another socket: the supervisor says over it that it is there, waits until the judge has put it where it belongs, says
how it went, and at the end the exit code and the processor time. When the judge shuts that socket, the application is
killed.
"""

import ctypes
import fcntl
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

LONGEST_MESSAGE = 128 * 1024
DESCRIPTORS = 16  # more than a few processes of an application take

# What the kernel's headers call them.
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_MOVE, MS_REC = 1, 2, 4, 4096, 8192, 16384
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_CAPBSET_DROP = 22, 2, 24
LINUX_CAPABILITY_VERSION_3, LAST_CAPABILITY = 0x20080522, 63
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
INSTRUCTION = 8  # bytes of a struct sock_filter

library = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """`fork_server.py SOCKET FILTER RUNNER [LIBRARY ...]`, the first two by the numbers of their descriptors.

    `RUNNER` is the file beside this one that each fork runs.
    """
    gc.disable()
    judge = socket.socket(fileno=int(sys.argv[1]))
    with os.fdopen(int(sys.argv[2]), "rb") as file:
        system_calls = file.read()
    runner = load(Path(__file__).with_name(sys.argv[3]))
    runner.prepare(sys.argv[4:])
    gc.freeze()  # so that no fork writes to what all of them share
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors are not waited for
    judge.send(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})).encode())
    while True:
        message, descriptors, _, _ = socket.recv_fds(judge, LONGEST_MESSAGE, DESCRIPTORS)
        if not message:
            os._exit(0)
        if not os.fork():
            judge.close()
            keep(runner, json.loads(message), system_calls, *descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def load(file: Path) -> Any:
    """The module in this file."""
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def keep(runner: Any, request: Mapping[str, Any], system_calls: bytes, talk: int, log: int, *handed_over: int) -> None:
    """Forks the application's process, the first one of its namespaces, and sees to its end.

    Returns in that process alone, when the application has come to its end by itself.
    """
    judge = socket.socket(fileno=talk)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    judge.send(b"{}")
    if not judge.recv(1):
        os._exit(0)
    try:
        raise_on_error(library.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET))
        process = os.fork()
        if not process:
            isolate(request, system_calls, log, {talk, *handed_over})
    except OSError as error:
        judge.send(json.dumps({"refused": str(error)}).encode())
        os._exit(1)
    if not process:
        judge.send(b"{}")
        judge.close()
        runner.run(*handed_over)
        return
    for descriptor in (log, *handed_over):
        os.close(descriptor)
    select.select([os.pidfd_open(process), talk], [], [])
    os.kill(process, signal.SIGKILL)
    _, status, used = os.wait4(process, 0)
    result = {"code": os.waitstatus_to_exitcode(status), "cpu_seconds": used.ru_utime + used.ru_stime}
    with suppress(OSError):
        judge.send(json.dumps(result).encode())
    os._exit(0)


def isolate(request: Mapping[str, Any], system_calls: bytes, log: int, handed_over: set[int]) -> None:
    """Leaves to this process no more than the application may have."""
    os.setsid()
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    close_all_but(handed_over)
    for place, size in request["folders"].items():
        cover(place, size, stage=request["home"])
    raise_on_error(library.mount(b"tmpfs", b"/dev/pts", b"tmpfs", MS_RDONLY, b""))
    bring_up_loopback()
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["home"])
    Path(os.environ["TMPDIR"]).mkdir(exist_ok=True)
    drop_capabilities()
    filter_system_calls(system_calls)


def close_all_but(kept: set[int]) -> None:
    """Closes all descriptors but these and the first three."""
    begin = 3
    for descriptor in sorted(kept):
        os.closerange(begin, descriptor)
        begin = descriptor + 1
    os.closerange(begin, os.sysconf("SC_OPEN_MAX"))


def cover(place: str, size: int, *, stage: str) -> None:
    """Puts an empty folder of this size in bytes over one. What lies in that, libraries perhaps, is still shown there.

    `stage` is a folder where the new one can be put together.
    """
    shown = [Path(place, name) for name in os.listdir(place)]  # noqa: PTH208 - before it is covered
    made = Path(stage if shown else place)
    raise_on_error(
        library.mount(b"tmpfs", bytes(made), b"tmpfs", MS_NOSUID | MS_NODEV, f"size={size},mode=0700".encode())
    )
    for child in shown:
        if child.is_dir():
            (made / child.name).mkdir()
        else:
            (made / child.name).touch()
        raise_on_error(library.mount(bytes(child), bytes(made / child.name), None, MS_BIND | MS_REC, None))
    if shown:
        raise_on_error(library.mount(bytes(made), place.encode(), None, MS_MOVE, None))


def bring_up_loopback() -> None:
    """Lets 127.0.0.1 of the new network be reached."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def drop_capabilities() -> None:
    """Gives up all capabilities, for good."""
    for capability in range(LAST_CAPABILITY + 1):
        if library.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
            break  # the kernel knows no more
    nobody_elses = struct.pack("=Ii", LINUX_CAPABILITY_VERSION_3, 0)
    raise_on_error(library.capset(nobody_elses, bytes(2 * 3 * 4)))  # effective, permitted, inheritable: 64 bits of each


def filter_system_calls(program: bytes) -> None:
    """Has the kernel apply the filter to this process from now on. For some processors there is none."""
    if program:
        instructions = ctypes.create_string_buffer(program, len(program))
        address = ctypes.addressof(instructions)
        pointer = struct.pack("@HP", len(program) // INSTRUCTION, address)  # a struct sock_fprog
        raise_on_error(library.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, pointer, 0, 0))


def raise_on_error(result: int) -> None:
    """Raises OSError for the result of a function of the C library that failed."""
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main()
