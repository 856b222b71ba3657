"""What runs for one judgement: the application, started again when a check ends it, and the services that it uses."""

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from courseware.checking.time_limits import TimeLimits, slowdown
from courseware.judging.sandbox import RunningApplication, SandboxKind, StartReport
from courseware.services.registry import KINDS, Clearable, HasClock, Mapped, Service, filled, make
from courseware.services.servers import HOST, listen, port_of
from courseware.verdict import ApplicationReport, StartFailure, SuiteReport

if TYPE_CHECKING:
    from courseware.judging.deployment import DeploymentJudge
    from courseware.judging.suites import SuiteJudge

START_SECONDS = 15.0
"""For the start of each process, on a machine that has nothing else to do."""
LOG_CHARACTERS = 64 * 1024
NO_APPLICATION = "This step judges no running application, so a check cannot use the fixture `application`."
OVER = "It was ended, because the time for the judgement was over."


REFERENCE = "the application of the course, which is not handed out before its solution"
"""What a check of tests needs where the course has no solutions, as in a kit."""
SQLITE = "a database in an SQLite file"
"""What a check needs that looks into the database of the application."""


class NeedsReference(Exception):
    """A check runs tests against the course's own application, and the course was handed out without it."""


class NeedsSqlite(Exception):
    """A check looks into the database of an application that has none in a file."""


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

    def clear(self) -> None:
        """Forget what belongs to the application's database, which is empty after each start: the data of Redis."""
        for service in self._by_name.values():
            if isinstance(service, Clearable):
                service.clear()

    def move_clock(self, to: datetime | None) -> None:
        """Put the clocks of the services that have one to this moment (timezone-aware); None puts them right."""
        for service in self._by_name.values():
            if isinstance(service, HasClock):
                service.move_clock(to)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.close()
        for service in self._by_name.values():  # the next submission needs the memory
            service.forget()

    def _serve_here(self, name: str) -> int:
        listener = listen(0)
        port = port_of(listener)
        self._by_name[name].serve(listener)
        return port


@dataclass(frozen=True)
class StartOptions:
    """How the application is started. Checks with equal options can share a start.

    Args:
        variables: on top of its usual ones, in order of their names. None removes a variable.
        processes: how many, which share the database and the services.
        only_for: the check that has the start for itself, if one has.
        other_row_order: whether the database returns rows in another order wherever a statement leaves it open.
    """

    variables: tuple[tuple[str, str | None], ...] = ()
    processes: int = 1
    only_for: str | None = None
    other_row_order: bool = False

    def applied_to(self, environment: Mapping[str, str]) -> dict[str, str]:
        """All variables of an application that usually has these."""
        merged = {**environment, **dict(self.variables)}
        return {name: value for name, value in merged.items() if value is not None}

    def __str__(self) -> str:
        words = [f"without {name}" if value is None else f"with {name}={value}" for name, value in self.variables]
        if self.processes > 1:
            words.append(f"in {self.processes} processes")
        if self.other_row_order:
            words.append("with rows in another order: PRAGMA reverse_unordered_selects, and no indexes but of keys")
        return ", ".join(words)


USUAL = StartOptions()


class Server(Protocol):
    """What the judge needs of that which runs the submission."""

    options: StartOptions
    restarts: int

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""

    def ensure_running(self, options: StartOptions = USUAL) -> StartReport:
        """How it has started with these options."""

    def give_up(self) -> None:
        """Has it started again before it is used the next time."""

    def stop(self) -> None:
        """Ends it. May be called again."""

    def end_for_good(self) -> None:
        """End it for good. May be called from another thread."""

    def report(self) -> ApplicationReport:
        """How the application of the submission fared."""


class RestartingServer:
    """Starts the application at once in the usual way. `ensure_running` starts it again where a check demands it.

    Each start has an empty folder, and so an empty database.

    An application that has ended, or was given up, is started again. One that could not be started with some options
    the first time is not started with them again.

    `drop_indexes` does so in the database of the application that runs; None stands for its SQLite file. With another
    database there is no such file, and what looks into it raises NeedsSqlite.
    """

    def __init__(
        self, start: Callable[[StartOptions], RunningApplication], drop_indexes: Callable[[], None] | None = None
    ) -> None:
        self._start = start
        self._drop_indexes = drop_indexes
        self._running = start(USUAL)
        self._earlier_log = ""
        self._was_ready: set[StartOptions] = set()
        self._failed: dict[StartOptions, StartReport] = {}
        self._given_up = False
        self._is_ended_for_good = False
        self.options = USUAL
        """How the application was started the last time."""
        self.restarts = 0
        """How often the application was started again."""

    def ensure_running(self, options: StartOptions = USUAL) -> StartReport:
        """How the application has started with these options, after waiting for that or starting it again."""
        if self._is_ended_for_good:
            return StartReport("ended", OVER)
        if options in self._failed:
            return self._failed[options]
        if options != self.options or (options in self._was_ready and (self._given_up or self.has_ended)):
            self._start_again(options)
        report = self._running.wait_ready(START_SECONDS * slowdown())
        if report.phase == "ready" and options.other_row_order:
            report = self._without_indexes(report)
        if report.phase == "ready":
            self._was_ready.add(options)
        elif options not in self._was_ready:
            self._failed[options] = report
        return report

    def give_up(self) -> None:
        """Has the application started again before it is used the next time, as if it had ended."""
        self._given_up = True

    def stop(self) -> None:
        """Ends the application. May be called again."""
        self._running.stop()

    def end_for_good(self) -> None:
        """End the application, which is not started again. May be called from another thread."""
        self._is_ended_for_good = True
        self._running.end(OVER)

    def _without_indexes(self, report: StartReport) -> StartReport:
        if self._drop_indexes is not None:
            self._drop_indexes()
            return report
        error = self._running.ask_database({"do": "drop_indexes"}).get("error")
        return report if error is None else StartReport("ended", f"Its database cannot be used: {error}")

    def report(self) -> ApplicationReport:
        """How the application fared so far. What it printed is that of all starts, the last one last."""
        failure = None
        if (failed := self._failed.get(USUAL)) is not None and failed.phase != "ready":
            failure = StartFailure(phase=failed.phase, text=failed.text)
        return ApplicationReport(
            started=USUAL in self._was_ready,
            failure=failure,
            log=(self._earlier_log + self.log)[-LOG_CHARACTERS:],
        )

    def connect(self, timeout: float, process: int = 0) -> socket.socket:
        return self._running.connect(timeout, process)

    def move_clock(self, to: datetime | None) -> None:
        self._running.move_clock(to)

    def ask_database(self, request: Mapping[str, object]) -> Mapping[str, Any]:
        self._require_sqlite()
        return self._running.ask_database(request)

    def record_sql(self) -> None:
        self._require_sqlite()
        self._running.record_sql()

    def recorded_sql(self) -> Mapping[str, Any]:
        return self._running.recorded_sql()

    def check_migrations(self) -> tuple[int, str]:
        return self._running.check_migrations()

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

    def _require_sqlite(self) -> None:
        if self._drop_indexes is not None:
            raise NeedsSqlite

    def _start_again(self, options: StartOptions) -> None:
        self._running.stop()
        self._earlier_log += f"{self._running.log}\n(The application was started again{f' {options}'.rstrip()}.)\n"
        self._earlier_log = self._earlier_log[-LOG_CHARACTERS:]
        self._running = self._start(options)
        self._given_up = False
        if self._is_ended_for_good:
            self._running.end(OVER)
        self.options = options
        self.restarts += 1

    def __enter__(self) -> "RestartingServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


class Judged(Protocol):
    """What is judged where no application is started in the usual way."""

    @property
    def log(self) -> str:
        """The end of what was printed."""

    def end(self) -> None:
        """End all that runs, for good. May be called from another thread."""


class NoServer:
    """Stands for the application where checks start none in the usual way: a test suite or a deployment is judged."""

    options = USUAL
    restarts = 0
    has_ended = False

    def __init__(self, judged: Judged) -> None:
        self._judged = judged

    def ensure_running(self, options: StartOptions = USUAL) -> StartReport:
        """Checks can be run at once. Raises TypeError for a check that wants an application with other options."""
        if options != USUAL:
            raise TypeError(NO_APPLICATION)
        return StartReport("ready", "")

    def give_up(self) -> None:
        """Has no effect: what a check starts is its own."""

    def stop(self) -> None:
        """Has no effect: nothing outlives the check that asked for it."""

    def end_for_good(self) -> None:
        """End all that runs. May be called from another thread."""
        self._judged.end()

    def report(self) -> ApplicationReport:
        """No application was started in the usual way."""
        return ApplicationReport(started=False, log=self._judged.log[-LOG_CHARACTERS:])


@dataclass(frozen=True)
class Runtime:
    """The application under judgement with all that it was given: what checks work with.

    Args:
        server: runs the application, or stands for it where none is started in the usual way.
        services: what the application uses in this step.
        environment: the variables that it is started with in the usual way.
        time_limits: how long checks wait for it.
        suite: the test suite under judgement, in a step that judges one.
        deployment: the deployment under judgement, in a step that judges one.
    """

    server: Server
    services: JudgeServices
    environment: Mapping[str, str]
    time_limits: TimeLimits = field(default_factory=TimeLimits)
    suite: "SuiteJudge | None" = None
    deployment: "DeploymentJudge | None" = None

    def end_for_good(self) -> None:
        """End all that runs of the submission. May be called from another thread."""
        self.server.end_for_good()
        if self.suite is not None:
            self.suite.end()

    def suite_report(self) -> SuiteReport | None:
        """How the tests fared, for the verdict. None where no tests are judged, or no check has asked for them."""
        if self.suite is None or (isinstance(self.server, RestartingServer) and not self.suite.is_asked_for):
            return None
        return self.suite.report()

    @property
    def application(self) -> RestartingServer:
        """The application. Raises TypeError where none is started in the usual way."""
        if not isinstance(self.server, RestartingServer):
            raise TypeError(NO_APPLICATION)
        return self.server

    def move_clock(self, to: datetime | None) -> None:
        """Put the clocks of the application and of its services to this moment (timezone-aware); None puts them right.

        What the application stores with a time to live then expires by its own clock.
        """
        self.services.move_clock(to)
        self.application.move_clock(to)
