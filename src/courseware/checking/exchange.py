"""One HTTP exchange over a socket, under limits that a hostile server cannot stretch.

The deadline covers the whole exchange (a server that drips a byte now and then does not win time), the size of head
and body is bounded, nothing is decompressed and no redirect is followed.
"""

import socket
import time
from dataclasses import dataclass, field

import h11

from courseware.checking.request import Request

MAXIMUM_BODY = 1024 * 1024
MAXIMUM_INFORMATIONAL = 20
CHUNK = 64 * 1024


class ExchangeFailed(Exception):
    """No proper answer came. `key` names the kind; the message says in words what came instead."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass
class Exchange:
    """A request that was sent, and its answer as far as it has come. `deadline`: seconds on the monotonic clock."""

    connection: socket.socket
    deadline: float
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    def send(self, request: Request) -> None:
        """Sends the whole request."""
        self._http = h11.Connection(h11.CLIENT)
        start = h11.Request(method=request.method, target=request.target, headers=list(request.all_headers().items()))
        parts = [self._http.send(event) for event in (start, h11.Data(data=request.body()), h11.EndOfMessage())]
        self._wait_at_most_until_the_deadline()
        try:
            self.connection.sendall(b"".join(part for part in parts if part))
        except TimeoutError:
            raise _too_late() from None
        except OSError:
            pass  # the server may have answered and closed before it read everything

    def receive(self) -> None:
        """Reads the answer to its end. Raises ExchangeFailed."""
        informational = 0
        while True:
            event = self._next_event()
            if isinstance(event, h11.InformationalResponse):
                informational += 1
                if informational > MAXIMUM_INFORMATIONAL:
                    raise ExchangeFailed("not_http", "an endless row of 1xx answers")
            elif isinstance(event, h11.Response):
                self.status = event.status_code
                self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                self.body += event.data
                if len(self.body) > MAXIMUM_BODY:
                    raise ExchangeFailed("answer_too_large", f"an answer of more than {MAXIMUM_BODY // 1024} KiB")
            else:
                return

    def _next_event(self) -> object:
        while True:
            try:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    self._http.receive_data(self._read())
                    continue
            except h11.RemoteProtocolError as error:
                key = "connection_closed" if self._http.their_state is h11.ERROR and not self.status else "not_http"
                raise ExchangeFailed(key, f"no proper HTTP answer ({error})") from None
            if isinstance(event, h11.ConnectionClosed):
                raise ExchangeFailed("connection_closed", "a closed connection and no answer")
            return event

    def _read(self) -> bytes:
        self._wait_at_most_until_the_deadline()
        try:
            return self.connection.recv(CHUNK)
        except TimeoutError:
            raise _too_late() from None
        except OSError:
            return b""

    def _wait_at_most_until_the_deadline(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise _too_late()
        self.connection.settimeout(left)


def _too_late() -> ExchangeFailed:
    return ExchangeFailed("no_answer", "no complete answer in time")
