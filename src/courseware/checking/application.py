"""The application under judgement as a check sees it: requests go in, answers come out, its clock can be moved."""

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from courseware.base.processes import wait_until
from courseware.checking.answer import Answer, asked
from courseware.checking.check import CheckFailed
from courseware.checking.http_client import HttpClient, HttpFailure, Race, first_to_answer
from courseware.checking.request import Request
from courseware.checking.time_limits import STATED_SECONDS, TimeLimits

LAG_SECONDS = 0.3
TRACEBACK = "Traceback (most recent call last):"
FRAME = re.compile(r'^[ \t]{1,100}File "(?P<file>[^"\n]{1,500})", line (?P<line>\d{1,9})', re.MULTILINE)
ERROR_CHARACTERS = 300
LIBRARY = re.compile(r"/(site-packages|lib/python[\d.]+)/|^<")  # <...> is code that a library made


class Server(Protocol):
    """The running application, as the sandbox offers it."""

    def connect(self, timeout: float, process: int = 0) -> socket.socket: ...

    def move_clock(self, to: datetime | None) -> None: ...

    @property
    def log_position(self) -> int: ...

    def log_since(self, position: int) -> str: ...

    @property
    def has_ended(self) -> bool: ...


@dataclass(frozen=True)
class Sent:
    """A request that was sent; while its answer is awaited, a check can do other things."""

    request: Request
    _application: "Application"
    client: HttpClient
    log_position: int
    _limits: TimeLimits
    stated_seconds: float

    def is_answered(self) -> bool:
        """Whether an answer begins to come in the time that answers have."""
        return self._limits.noted(first_to_answer([self.client]) is not None)

    def is_answered_before(self, other: "Sent") -> bool:
        """Whether an answer to this request begins to come, and none to the `other` one before."""
        first = first_to_answer([self.client, other.client])
        self._limits.noted(first is not None)
        return first is self.client

    def answer(self) -> Answer:
        """The answer, when it has come."""
        return self._application.answer_to(self)


class Application:
    """Sends a check's requests. An application that is late, dead or no HTTP server fails the check, no more.

    `process` is the one to which they go, where `server` runs several. `time_limits` says how long answers may take.
    """

    def __init__(self, server: Server, process: int = 0, time_limits: TimeLimits | None = None) -> None:
        self._server = server
        self._process = process
        self._limits = TimeLimits() if time_limits is None else time_limits

    @property
    def log_position(self) -> int:
        """Where the log ends now, for `log_since` and `logs_after`."""
        return self._server.log_position

    def log_since(self, position: int) -> str:
        """What the application has written since then, at most the last 64 KiB of it."""
        return self._server.log_since(position)

    def logs_after(self, position: int, wanted: Callable[[str], bool] = bool) -> bool:
        """Whether the application writes what is `wanted` after this position, by default anything at all.

        The log comes later than the answers, so this waits for it.
        """
        return self._limits.wait_until(lambda: wanted(self.log_since(position)))

    def send(self, request: Request, *, seconds: float | None = None) -> Answer:
        """The answer to one request. `seconds` is the time in which it must come, in place of the usual one."""
        with self.sending(request, seconds=seconds) as sent:
            return sent.answer()

    def send_at_once(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers to requests that the application gets at the same moment, each over its own connection."""
        race = Race(len(requests))
        with ExitStack() as stack:
            all_sent = [stack.enter_context(self.sending(request, race=race)) for request in requests]
            return [sent.answer() for sent in all_sent]

    @contextmanager
    def sending(self, request: Request, *, seconds: float | None = None, race: Race | None = None) -> Iterator[Sent]:
        """Sends a request now, for a check that asks for the answer later. The time for it runs from now on.

        A request of a race reaches the application together with the others of the race.
        """
        log_position = self._server.log_position
        stated, seconds = (STATED_SECONDS, self._limits.seconds) if seconds is None else (seconds, seconds)
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(self._server.connect(seconds, self._process))
                client = HttpClient(connection, seconds)
                client.send(request, race)
            except (HttpFailure, OSError) as error:
                raise self._failed(request, error, stated) from None
            yield Sent(request, self, client, log_position, self._limits, stated)

    def answer_to(self, sent: Sent) -> Answer:
        """What comes for a request that was sent; for a 5xx with what the application has logged of it since."""
        client = sent.client
        try:
            client.receive()
        except HttpFailure as error:
            raise self._failed(sent.request, error, sent.stated_seconds) from None
        answer = Answer(sent.request, client.status, client.headers, bytes(client.body), process=self._process)
        return answer if answer.status < 500 else self._with_error(answer, sent.log_position)

    def _failed(self, request: Request, error: Exception, seconds: float) -> CheckFailed:
        # A process that ends closes its connections first; what it ends of is known a moment later.
        if isinstance(error, HttpFailure) and error.key == "connection_closed":
            wait_until(lambda: self._server.has_ended, LAG_SECONDS)
        if self._server.has_ended:
            return self._no_answer(request, "application_ended", "the application ended")
        if not isinstance(error, HttpFailure) or error.key == "no_answer":
            self._limits.noted(came=False)
            return self._no_answer(request, "no_answer", f"no complete answer within {seconds:g} s")
        return self._no_answer(request, error.key, str(error))

    def _no_answer(self, request: Request, key: str, got: str) -> CheckFailed:
        return CheckFailed(key, asked=asked(request, self._process), expected="an answer", got=got)

    def _with_error(self, answer: Answer, log_position: int) -> Answer:
        """The answer with the error that the application logged for it. The log lags behind the answer a little."""
        wait_until(
            lambda: bool(last_error(self._server.log_since(log_position))) or self._server.has_ended, LAG_SECONDS
        )
        error = last_error(self._server.log_since(log_position))
        return replace(answer, error=error)


class HasClock(Protocol):
    """What runs by a clock that can be moved."""

    def move_clock(self, to: datetime | None) -> None: ...


class Clock:
    """The clock of the application and of what it stores for a time. It runs on from where it is put."""

    def __init__(self, server: HasClock) -> None:
        self._server = server
        self._moved = False

    def move(self, to: datetime) -> None:
        """Puts the clock to this moment (timezone-aware). Keys in Redis expire as if the time had passed."""
        self._moved = True
        self._server.move_clock(to)

    def reset(self) -> None:
        """Puts the clock right again."""
        if self._moved:
            self._moved = False
            self._server.move_clock(None)


def last_error(log: str) -> str:
    """The last traceback's error with the last line that is not in a library, such as
    `(NotImplementedError: task 1.1, app/services/contacts.py line 12)`; empty where there is no whole traceback."""
    _, found, traceback = log.rpartition(TRACEBACK)
    if not found:
        return ""
    error = next((line for line in traceback.splitlines() if line and not line[0].isspace()), "")
    if not error:
        return ""
    own = [frame for frame in FRAME.finditer(traceback) if not LIBRARY.search(frame["file"])]
    place = f", {_short(own[-1]['file'])} line {own[-1]['line']}" if own else ""
    return f"({error.strip()[:ERROR_CHARACTERS]}{place})"


def _short(file: str) -> str:
    """The path from the project's folder on, whose name is the sandbox's own affair."""
    return file.partition("/project/")[2] or file
