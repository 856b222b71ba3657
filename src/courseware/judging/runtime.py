"""What runs for one judgement: the application, started again when a check ends it, and the services that it uses."""

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from courseware.judging.sandbox import RunningApplication, SandboxKind
from courseware.services.registry import KINDS, Mapped, Service, filled, make
from courseware.services.servers import HOST, listen, port_of
from courseware.verdict import ApplicationReport, StartFailure


class JudgeServices:
    """Services for one judgement, which outlive an application that is started again.

    In the sandbox they have their usual ports, which are the sandbox's own; without one, free ports of this machine.
    """

    def __init__(self, names: Iterable[str], mapped: Mapped, kind: SandboxKind) -> None:
        self._mapped = mapped
        self._stopping = ExitStack()
        self._by_name: dict[str, Service] = {}
        self._ports: dict[str, int] = {}
        with self._stopping:
            for name in names:
                self._by_name[name] = make(name)
                self._stopping.callback(self._by_name[name].stop)
                self._ports[name] = KINDS[name].port if kind == "bubblewrap" else self._serve_here(name)
            self._stopping = self._stopping.pop_all()
        self.ports_inside = tuple(self._ports.values()) if kind == "bubblewrap" else ()

    def environment(self) -> dict[str, str]:
        """The variables by which the application finds the services."""
        facts = {name: service.facts(HOST, self._ports[name]) for name, service in self._by_name.items()}
        return filled(self._mapped, facts)

    def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Serves on sockets that listen on `ports_inside`."""
        for service, listener in zip(self._by_name.values(), sockets, strict=True):
            service.serve(listener)

    def get(self, name: str) -> Service | None:
        """The service with this name, if the application uses it in this step."""
        return self._by_name.get(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.close()

    def _serve_here(self, name: str) -> int:
        listener = listen(0)
        port = port_of(listener)
        self._by_name[name].serve(listener)
        return port


START_SECONDS = 15.0
RESTARTS = 3


class RestartingServer:
    """Starts the application at once. `ensure_running` starts it again, a few times at most."""

    def __init__(self, start: Callable[[], RunningApplication]) -> None:
        self._start = start
        self._running = start()
        self._restarts_left = RESTARTS
        self._failure: StartFailure | None = None
        self._started = False

    def ensure_running(self) -> bool:
        """Whether the application is up, after waiting for its start or starting it again."""
        if self._started and not self.has_ended:
            return True
        if self._started and self._restarts_left:
            self._restarts_left -= 1
            self._running.stop()
            self._running = self._start()
        report = self._running.wait_ready(START_SECONDS)
        if report.phase == "ready":
            self._started = True
        elif not self._started:
            self._failure = StartFailure(phase=report.phase, text=report.text)
        return report.phase == "ready"

    @property
    def restarts(self) -> int:
        """How often the application was started again. Each time it has forgotten all that it knew."""
        return RESTARTS - self._restarts_left

    def report(self) -> ApplicationReport:
        """How the application fared so far."""
        return ApplicationReport(started=self._started, failure=self._failure, log=self.log)

    def connect(self, timeout: float) -> socket.socket:
        return self._running.connect(timeout)

    def move_clock(self, to: datetime | None) -> None:
        self._running.move_clock(to)

    @property
    def log_position(self) -> int:
        return self._running.log_position

    def log_since(self, position: int) -> str:
        return self._running.log_since(position)

    @property
    def log(self) -> str:
        return self._running.log

    @property
    def has_ended(self) -> bool:
        return self._running.has_ended

    def __enter__(self) -> "RestartingServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._running.stop()


@dataclass(frozen=True)
class Runtime:
    """The application under judgement with all that it was given: what checks work with.

    Args:
        server: runs the application.
        services: what the application uses in this step.
        environment: the variables that it was started with.
    """

    server: RestartingServer
    services: JudgeServices
    environment: Mapping[str, str]
