"""The application under judgement as a check sees it: requests go in, answers come out, its clock can be moved."""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from courseware.base.processes import wait_until
from courseware.checking.answer import Answer, asked
from courseware.checking.check import CheckFailed
from courseware.checking.http_client import HttpClient, HttpFailure
from courseware.checking.request import Request

ANSWER_SECONDS = 3.0
LATE_ANSWERS_BEFORE_GIVING_UP = 2
LAG_SECONDS = 0.3
TRACEBACK = "Traceback (most recent call last):"
FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
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
    _client: HttpClient
    _log_position: int

    def send_rest(self) -> None:
        """Sends what was held back of the request."""
        self._client.send_rest()

    def is_answered_within(self, seconds: float) -> bool:
        """Whether an answer begins to come within so many seconds from now."""
        return self._client.is_answered_within(seconds)

    def answer(self) -> Answer:
        """The answer, when it has come."""
        return self._application.answer_to(self.request, self._client, self._log_position)


class Application:
    """Sends a check's requests. An application that is late, dead or no HTTP server fails the check, no more.

    `process` is the one to which they go, where `server` runs several.
    """

    def __init__(self, server: Server, process: int = 0) -> None:
        self._server = server
        self._process = process
        self._late = 0

    @property
    def log(self) -> str:
        """What the application has written so far. It comes a little later than the answers."""
        return self._server.log_since(0)

    def send(self, request: Request, *, seconds: float | None = None) -> Answer:
        """The answer to one request, which has to come within so many seconds, or the usual ones."""
        with self.sending(request, seconds=seconds) as sent:
            return sent.answer()

    def send_at_once(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers to requests that arrive at the same moment, as nearly as can be, each over its own connection.

        All of them are there but for their last byte before the first of these goes out.
        """
        with ExitStack() as stack:
            all_sent = [stack.enter_context(self.sending(request, hold_back=1)) for request in requests]
            for sent in all_sent:
                sent.send_rest()
            return [sent.answer() for sent in all_sent]

    @contextmanager
    def sending(self, request: Request, *, seconds: float | None = None, hold_back: int = 0) -> Iterator[Sent]:
        """Sends a request now, for a check that asks for the answer later. The time for it runs from now on.

        So many bytes at its end are held back until `send_rest`.
        """
        if self._late >= LATE_ANSWERS_BEFORE_GIVING_UP:
            raise self._no_answer(request, "no_answer", "nothing: the application stopped answering before")
        log_position = self._server.log_position
        seconds = ANSWER_SECONDS if seconds is None else seconds
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(self._server.connect(seconds, self._process))
                client = HttpClient(connection, seconds)
                client.send(request, hold_back)
            except (HttpFailure, OSError) as error:
                raise self._failed(request, error, seconds) from None
            yield Sent(request, self, client, log_position)

    def answer_to(self, request: Request, client: HttpClient, log_position: int) -> Answer:
        """What comes for a request that was sent; for a 5xx with what the application has logged of it since."""
        try:
            client.receive()
        except HttpFailure as error:
            raise self._failed(request, error, client.seconds) from None
        self._late = 0
        answer = Answer(request, client.status, client.headers, bytes(client.body), process=self._process)
        return answer if answer.status < 500 else self._with_error(answer, log_position)

    def _failed(self, request: Request, error: Exception, seconds: float) -> CheckFailed:
        # A process that ends closes its connections first; what it ends of is known a moment later.
        if isinstance(error, HttpFailure) and error.key == "connection_closed":
            wait_until(lambda: self._server.has_ended, LAG_SECONDS)
        if self._server.has_ended:
            return self._no_answer(request, "application_ended", "the application ended")
        if not isinstance(error, HttpFailure) or error.key == "no_answer":
            self._late += 1
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
    return f"({error.strip()}{place})"


def _short(file: str) -> str:
    """The path from the project's folder on, whose name is the sandbox's own affair."""
    return file.partition("/project/")[2] or file
