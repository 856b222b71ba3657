"""The control socket of one process of the application, as the judge holds it."""

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

from courseware.judging.sandbox.command import MIB, StartPhase, StartReport

MAXIMUM_BYTES = 2 * MIB
"""Of all that comes between two requests of the judge."""
TEXT_CHARACTERS = 8_000
CHUNK = 64 * 1024
FAILURES: tuple[StartPhase, ...] = ("migrations", "import", "startup")
DOING = {
    "": "its Python was still starting",
    "migrations": "its migrations were still running",
    "import": "it was still being imported",
    "startup": "its startup code was still running",
}


class ControlChannel:
    """Takes in what the runner says over `connection`, and asks it for things.

    What comes is the submission's word: bounded here, and never more than text.

    Args:
        changed: is notified of everything that comes, and of the end of the application.
        has_ended: whether the application has ended, so that no answer comes any more.
    """

    def __init__(self, connection: socket.socket, changed: threading.Condition, has_ended: Callable[[], bool]) -> None:
        self.connection = connection
        self.report: StartReport | None = None
        """How the start went; None as long as that is open."""
        self._changed = changed
        self._has_ended = has_ended
        self._at = ""
        self._answers: dict[int, Any] = {}
        self._requests = 0
        self._pending: set[int] = set()
        self._bytes = 0
        self._rest = b""

    @property
    def doing(self) -> str:
        """What the start was at the last time that the runner told, in words."""
        return DOING[self._at]

    @property
    def is_closed(self) -> bool:
        """Whether the other end is closed and everything before that was taken in."""
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def ask(self, action: str, seconds: float, **arguments: object) -> Any:
        """What the runner answers; NO_ANSWER where it does not in this time."""
        with self._changed:
            self._requests += 1
            number = self._requests
            self._pending.add(number)
            self._bytes = 0
        request = {"number": number, "do": action, "arguments": arguments}
        try:
            self.connection.sendall(json.dumps(request).encode() + b"\n")
        except OSError:
            return NO_ANSWER
        with self._changed:
            self._changed.wait_for(lambda: number in self._answers or self._has_ended(), seconds)
            self._pending.discard(number)
            return self._answers.pop(number, NO_ANSWER)

    def take(self) -> bool:
        """Take in what has come. False at the end. Raises ValueError for what the runner would not write."""
        try:
            received = self.connection.recv(CHUNK)
        except OSError:
            received = b""
        self._bytes += len(received)
        if self._bytes > MAXIMUM_BYTES:
            raise ValueError("too much")
        *lines, self._rest = (self._rest + received).split(b"\n")
        for line in lines:
            self._take_line(line)
        return bool(received)

    def _take_line(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except RecursionError:
            message = None
        if not isinstance(message, dict):
            raise ValueError("no object")  # noqa: TRY004 - json.loads raises ValueError too
        with self._changed:
            at, number, phase = message.get("at"), message.get("number"), message.get("phase")
            if isinstance(at, str) and at in DOING:
                self._at = at
            elif isinstance(number, int) and number in self._pending:
                self._answers[number] = message.get("answer")
            elif self.report is None and phase == "ready":
                self.report = StartReport("ready", "")
            elif self.report is None and phase in FAILURES:
                self.report = StartReport(phase, text(message.get("text")))
            self._changed.notify_all()


class _NoAnswer:
    def __bool__(self) -> bool:
        return False


NO_ANSWER = _NoAnswer()


def text(value: object) -> str:
    """The end of a text that came from inside, and nothing where it is none."""
    return value[-TEXT_CHARACTERS:] if isinstance(value, str) else ""
