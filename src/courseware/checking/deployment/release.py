"""Releases of the student's image, as a check sees them: started as a platform does, healthy, stopped."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from courseware.checking.answer import Answer
from courseware.checking.application import Application
from courseware.checking.check import CheckFailed
from courseware.checking.request import Request

STOP_SECONDS = 5.0
LOG_SHOWN = 1500
Variables = Mapping[str, str | None]


class PlatformDatabase(Protocol):
    """An empty PostgreSQL database of the platform. CheckFailed, `database_error`, where a statement fails."""

    def tables(self) -> set[str]:
        """The names of the tables in it."""

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement returns, carried out as the user of the application."""


class RunningRelease(Protocol):
    """A release as the judge holds it."""

    port: int

    @property
    def application(self) -> Application:
        """For requests."""

    @property
    def log(self) -> str:
        """The end of what it printed."""

    @property
    def seconds(self) -> float:
        """How long it may take to become healthy."""

    def wait_healthy(self, path: str) -> tuple[str, str] | None:
        """None when it is healthy. Otherwise the key of the failure, and what came in words."""

    def wait_ended(self, seconds: float) -> int | None:
        """The exit code of its first process, None while it runs."""

    def is_listening(self, address: str = "127.0.0.1", port: int | None = None) -> bool:
        """Whether something accepts connections there."""

    def terminate(self, seconds: float) -> tuple[int | None, bool]:
        """Send SIGTERM. The exit code, and whether a process is left after so many seconds."""

    def stop(self) -> None:
        """End it at once."""


class Platform(Protocol):
    """What starts releases."""

    health: str

    def database(self) -> PlatformDatabase:
        """A new empty database."""

    def start(
        self,
        count: int,
        database: PlatformDatabase | None,
        variables: Variables,
        replaced: Mapping[str, bytes],
        *,
        redis: bool,
        port: int | None = None,
    ) -> Sequence[RunningRelease]:
        """Start the image so many times. Raises CheckFailed for one that has nothing to start."""


class Release:
    """One release. It was started, and may not be up yet."""

    def __init__(self, running: RunningRelease, health: str) -> None:
        self._running = running
        self._health = health

    @property
    def application(self) -> Application:
        """For requests to it."""
        return self._running.application

    @property
    def log(self) -> str:
        """The end of what it printed."""
        return self._running.log

    @property
    def port(self) -> int:
        """The port at which it has to listen."""
        return self._running.port

    def send(self, request: Request) -> Answer:
        """The answer to a request."""
        return self.application.send(request)

    def is_listening(self, address: str = "127.0.0.1", port: int | None = None) -> bool:
        """Whether it accepts connections there, by default at its port."""
        return self._running.is_listening(address, port)

    def must_become_healthy(self, path: str | None = None) -> None:
        """It must answer 200 at the health path of the platform in time.

        Keys: `ended_early`, `not_listening`, `only_on_loopback`, `unhealthy`.
        """
        health = path or self._health
        problem = self._running.wait_healthy(health)
        if problem is not None:
            raise self._failed(problem[0], f"200 at {health}, port {self.port}", problem[1])

    def must_stop(self, within: float = STOP_SECONDS) -> None:
        """SIGTERM to its first process must end all of its processes.

        Keys: `survives_sigterm`, `process_left`, `wrong_exit_code`.
        """
        code, is_left = self._running.terminate(within)
        expected = f"no process after {within:g} s, and the exit code 0 or 143"
        if code is None:
            raise self._failed("survives_sigterm", expected, "the first process still runs", "SIGTERM")
        if is_left:
            got = f"the first process ended with {code}, and another one still runs"
            raise self._failed("process_left", expected, got, "SIGTERM")
        if code not in (0, -15, 143):
            raise self._failed("wrong_exit_code", expected, f"the exit code {code}", "SIGTERM")

    def must_refuse_to_start(self) -> None:
        """It must end with an exit code other than 0, without ever being served.

        Keys: `starts_anyway`, `exit_code_zero`, `took_too_long`.
        """
        problem = self._running.wait_healthy(self._health)
        expected = "no server, and an exit code other than 0"
        if problem is None or problem[0] != "ended_early":
            key = "starts_anyway" if problem is None or self.is_listening() else "took_too_long"
            raise self._failed(key, expected, "a server" if key == "starts_anyway" else "a process that does not end")
        if self._running.wait_ended(0) == 0:
            raise self._failed("exit_code_zero", expected, "the exit code 0")

    @property
    def exit_code(self) -> int | None:
        """The exit code of its first process (negative: the signal that killed it), None while it runs."""
        return self._running.wait_ended(0)

    def stop(self) -> None:
        """End it at once."""
        self._running.stop()

    def _failed(self, key: str, expected: str, got: str, asked: str = "a start of the image") -> CheckFailed:
        log = self.log[-LOG_SHOWN:].strip()
        return CheckFailed(key, asked=asked, expected=expected, got=f"{got}\n{log}" if log else got)


class Deployment:
    """Starts releases of the student's image. All of them end with the check."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def database(self) -> PlatformDatabase:
        """A new empty database on a real PostgreSQL."""
        return self._platform.database()

    def start(
        self,
        *,
        database: PlatformDatabase | None = None,
        variables: Variables | None = None,
        replaced: Mapping[str, bytes] | None = None,
        redis: bool = True,
        port: int | None = None,
    ) -> Release:
        """Start what the image starts, and return at once.

        Args:
            database: which one it gets; by default a new empty one.
            variables: override those of the platform, with the same facts in braces. None removes one. Those of the
                image stay, unless they are overridden.
            replaced: files of the project that are changed before the image is built.
            redis: whether there is a Redis at its URL.
            port: where it has to listen, for a check that removes the variable with the port. By default any port.

        Keys: those of an image that cannot be built, `no_start_command` and `program_missing`.
        """
        return self._started(1, database, variables, replaced, redis=redis, port=port)[0]

    def start_several(
        self, count: int, *, database: PlatformDatabase | None = None, variables: Variables | None = None
    ) -> list[Release]:
        """Start the image so many times at the same moment, with the same database."""
        return self._started(count, database or self.database(), variables, None, redis=True)

    def _started(
        self,
        count: int,
        database: PlatformDatabase | None,
        variables: Variables | None,
        replaced: Mapping[str, bytes] | None,
        *,
        redis: bool,
        port: int | None = None,
    ) -> list[Release]:
        running = self._platform.start(count, database, variables or {}, replaced or {}, redis=redis, port=port)
        return [Release(each, self._platform.health) for each in running]
