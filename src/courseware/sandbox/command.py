"""What is to be run, and what became of its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

SandboxKind = Literal["bubblewrap", "plain"]
"""`plain` is a process with limits and no walls around it: for one's own code, never for somebody else's."""

StartPhase = Literal["ready", "migrations", "import", "startup", "ended", "timeout"]


@dataclass(frozen=True)
class ApplicationCommand:
    """How a project is served.

    Args:
        entrypoint: an ASGI factory without arguments, as `module:function`.
        migrations: the Alembic configuration inside the project; `alembic upgrade head` runs in the same process before
            the entrypoint is imported. None for a project without a database.
        environment: variables that the application finds, beside a few of the sandbox's own such as DATABASE_URL.
        imports: libraries to import once for all applications that this process will start in bubblewrap.
        service_ports: ports of the sandbox's own 127.0.0.1 at which the application finds services that the judge runs.
    """

    entrypoint: str
    migrations: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    service_ports: tuple[int, ...] = ()


@dataclass(frozen=True)
class StartReport:
    """How far a start came.

    `phase` is "ready", or where it broke off; "ended" means that the process was suddenly gone, "timeout" that it is
    still busy. `text` holds the project's own lines of the traceback and the error.
    """

    phase: StartPhase
    text: str
