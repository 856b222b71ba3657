"""The bubblewrap sandbox: namespaces of its own, no network, libraries read-only, a little memory to write to.

No /proc is mounted: it tells about the machine, an application needs nothing of it, and without it bubblewrap works in
containers too. Root never runs a project: the user is changed first. Since Python may live where only root can look
(below /root), root lays the files out in an outer bubblewrap, and the inner one starts from there as the other user.
"""

import os
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from courseware.judging.sandbox import seccomp
from courseware.judging.sandbox.command import Limits
from courseware.judging.sandbox.launching import CommandLine

FOLDER = "/scratch"
TEMPORARY = "/tmp"  # noqa: S108
SHARED_MEMORY = "/dev/shm"  # noqa: S108
LANGUAGE = "C.UTF-8"
PROGRAMS = Path(__file__).with_name("inside")
RUNNER = PROGRAMS / "runner.py"
FORK_SERVER = PROGRAMS / "fork_server.py"
SUITE_RUNNER = PROGRAMS / "suite_runner.py"
MACHINE = PROGRAMS / "machine.py"
STUB = PROGRAMS / "stub.py"
CODE_GUARD = PROGRAMS / "code_guard.py"
DATABASE = PROGRAMS / "database.py"
# To make namespaces and mount folders in them, to bring up their network, and to give all of these up.
FORK_SERVER_CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETPCAP")
UNPRIVILEGED_USER = 54321  # an id without an account, so that no other process shares its limits
SYSTEM_PLACES = ("/bin", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache")
PARTS_OF_A_PREFIX = ("bin", "lib", "lib64", "pyvenv.cfg")


@dataclass(frozen=True)
class Variant:
    """How bubblewrap is started on this machine.

    Args:
        as_root: drop root first.
        outer: and have root lay out the files before that.
        disable_userns: have the kernel refuse further user namespaces. The system call filter does so too, so that it
            can be left out in containers, where /proc/sys is read-only.
    """

    as_root: bool
    outer: bool
    disable_userns: bool


def variants() -> Sequence[Variant]:
    """The ones worth trying, best first. The outer one needs more than the root of a container may do."""
    as_root = os.geteuid() == 0
    return [
        Variant(as_root, outer, disable_userns)
        for disable_userns in ((True, False) if seccomp.program() else (True,))
        for outer in ((True, False) if as_root else (False,))
    ]


def add_to(
    line: CommandLine,
    variant: Variant,
    environment: Mapping[str, str],
    limits: Limits,
    more_files: Iterable[str] = (),
) -> None:
    """Adds what has the rest of the command run inside: the runner, for one application.

    `more_files` are options for files and links beside the system's.
    """
    program = seccomp.program()
    files = list(_files())
    _enter(
        line,
        variant,
        files,
        environment,
        [
            "--cap-drop", "ALL", *(() if program is None else ("--seccomp", str(line.add_file(program)))),
            "--size", str(limits.disk), "--tmpfs", TEMPORARY, *files,  # the course itself may lie below /tmp
            "--dev", "/dev", "--size", str(limits.shared_memory), "--tmpfs", SHARED_MEMORY,
            "--perms", "0700", "--size", str(limits.disk), "--tmpfs", FOLDER, "--dir", f"{FOLDER}{TEMPORARY}",
            *more_files,
        ],
    )  # fmt: skip


def add_fork_server_to(line: CommandLine, variant: Variant) -> None:
    """Adds what has the rest of the command run inside: the fork server, which builds the inner walls itself."""
    files = list(_files())
    _enter(
        line,
        variant,
        files,
        {"LANG": LANGUAGE},
        [
            *(part for name in FORK_SERVER_CAPABILITIES for part in ("--cap-add", name)),
            "--tmpfs", TEMPORARY, *files, "--remount-ro", TEMPORARY, "--dev", "/dev", "--dir", FOLDER,
        ],
    )  # fmt: skip


def environment_inside(environment: Mapping[str, str]) -> dict[str, str]:
    """All variables of an application, for which these are set."""
    return {**environment, **_library_path()}


def folders_inside(limits: Limits) -> dict[str, int]:
    """Where an application can write, and how many bytes; its own folder comes last."""
    return {TEMPORARY: limits.disk, SHARED_MEMORY: limits.shared_memory, FOLDER: limits.disk}


def _enter(
    line: CommandLine,
    variant: Variant,
    files: Iterable[str],
    environment: Mapping[str, str],
    options: Iterable[str],
) -> None:
    """Adds bubblewrap with these options for what is inside, and with `files` where it has to be entered twice."""
    if variant.outer:
        of_its_own = ["--bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev", "--tmpfs", TEMPORARY]
        line.add_bubblewrap(["--die-with-parent", *of_its_own, *files])
    if variant.as_root:
        user = str(UNPRIVILEGED_USER)
        line.add("setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs", "--")
    variables = environment_inside(environment)
    line.add_bubblewrap(
        [
            "--unshare-all", "--unshare-user", *(["--disable-userns"] if variant.disable_userns else []),
            "--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox", "--clearenv",
            *(part for name, value in variables.items() for part in ("--setenv", name, value)),
            *options, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", FOLDER,
        ]
    )  # fmt: skip


def _files() -> Iterable[str]:
    """Options that show the system's libraries, the interpreter and its packages, each at its own place, read-only.

    Of a prefix only what Python reads: a course may well lie in /usr/src, or in the folder of an environment.
    """
    prefixes = dict.fromkeys(("/usr", sys.base_prefix, os.path.realpath(sys.base_prefix), sys.prefix))
    places = [Path(prefix, part) for prefix in prefixes for part in PARTS_OF_A_PREFIX]
    places += [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    places += [
        *map(Path, SYSTEM_PLACES),
        *_links(Path(sys.executable)),
        RUNNER,
        SUITE_RUNNER,
        MACHINE,
        CODE_GUARD,
        FORK_SERVER,
        DATABASE,
    ]
    shown: list[Path] = []
    made: set[Path] = set()
    for place in places:
        if any(place.is_relative_to(other) for other in shown):
            continue
        for parent in reversed(place.parents[:-1]):
            if parent not in made:
                made.add(parent)
                yield from ("--perms", "0755", "--dir", str(parent))  # otherwise only root could enter it
        if place.is_symlink() and place.is_dir():
            yield from ("--symlink", str(place.readlink()), str(place))
        else:
            yield from ("--ro-bind-try", str(place), str(place))
            shown.append(place)


def places_inside() -> tuple[frozenset[str], frozenset[str]]:
    """The folders that are made inside, in which others can be made; and the places of the system and the libraries."""
    options = list(_files())
    made = {options[number + 1] for number, option in enumerate(options) if option == "--dir"}
    taken = {options[number + 2] for number, option in enumerate(options) if option in ("--ro-bind-try", "--symlink")}
    return frozenset((*made, "/etc")), frozenset((*taken, TEMPORARY, "/dev", FOLDER))


def _links(executable: Path) -> Iterable[Path]:
    """The executable and what it points to, link by link."""
    yield executable
    while executable.is_symlink():
        executable = executable.parent / executable.readlink()
        yield executable


def _library_path() -> Mapping[str, str]:
    """Python's own libraries: without /proc the loader cannot find them relative to the program."""
    return {} if sys.base_prefix == "/usr" else {"LD_LIBRARY_PATH": f"{sys.base_prefix}/lib"}
