"""The application under judgement: when a check brings it down, it is started anew for the next one."""

import socket
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

from courseware.sandbox import RunningApplication
from courseware.verdict import ApplicationReport, StartFailure

START_SECONDS = 15.0
RESTARTS = 3


class StandingServer:
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

    def __enter__(self) -> "StandingServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._running.stop()
