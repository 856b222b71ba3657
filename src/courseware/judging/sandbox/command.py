"""What is to be run and within which limits, and the result of its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True)
class Limits:
    """Limits of one running application. Sizes are in bytes.

    Args:
        memory: of all its processes together; kept only where a control group can be made.
        processes: processes and threads together; not kept by the plain kind, where the limit would count all that
            this user runs.
        address_space: of each process. Every thread reserves 64 MiB of it: less than 2 GiB is too little for the 40
            threads in which synchronous endpoints run.
        cpu_seconds: processor time of each process.
        file_size: of each file written.
        open_files: descriptors of each process.
        disk: of everything written in its own folder, and as much again in /tmp; not kept by the plain kind. What the
            kernel keeps of a file, even an empty one, counts as memory.
        shared_memory: of /dev/shm; not kept by the plain kind.
        log: an application that prints more than this is killed.
        log_kept: how much of the end of what it printed is kept.
    """

    memory: int = 512 * MIB
    processes: int = 64
    address_space: int = 2048 * MIB
    cpu_seconds: int = 120
    file_size: int = 16 * MIB
    open_files: int = 256
    disk: int = 32 * MIB
    shared_memory: int = 8 * MIB
    log: int = 8 * MIB
    log_kept: int = 64 * KIB


SandboxKind = Literal["bubblewrap", "plain"]
"""`plain` is a process with limits and without isolation: for your own code, never for submissions."""

StartPhase = Literal["ready", "migrations", "import", "startup", "ended", "timeout"]


@dataclass(frozen=True)
class ApplicationCommand:
    """How a project is served.

    Args:
        entrypoint: an ASGI factory without arguments, as `module:function`.
        migrations: the Alembic configuration inside the project; `alembic upgrade head` runs in the same process before
            the entrypoint is imported. None for a project without a database.
        environment: variables that the application finds, beside a few of the sandbox's own.
        database: variables that tell it where its database is, with {path} for the path of an SQLite file. Without any
            it has no database that the judge can look at.
        imports: libraries to import once for all applications that this process will start in bubblewrap.
        other_row_order: whether SQLite returns the rows of a SELECT without ORDER BY in reverse. It needs `database`.
        service_ports: ports of the sandbox's own 127.0.0.1 at which the application finds services that the judge runs.
    """

    entrypoint: str
    migrations: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    database: Mapping[str, str] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    service_ports: tuple[int, ...] = ()
    other_row_order: bool = False


@dataclass(frozen=True)
class StartReport:
    """How far a start came.

    `phase` is "ready", or where it broke off; "ended" means that the process was suddenly gone, "timeout" that it is
    still busy. `text` holds the project's own lines of the traceback and the error.
    """

    phase: StartPhase
    text: str
