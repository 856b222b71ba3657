"""An HTTP client for one request over a socket, under limits that a hostile server cannot stretch.

The deadline covers the request and its answer (a server that drips a byte now and then does not win time), the size of
head and body is bounded, nothing is decompressed and no redirect is followed.
"""

import secrets
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

import h11

from courseware.checking.request import Request

MAXIMUM_BODY = 1024 * 1024
MAXIMUM_INFORMATIONAL = 20
CHUNK = 64 * 1024
ADDRESSES = {4: (socket.AF_INET, "127.0.0.1"), 6: (socket.AF_INET6, "::1")}
"""For each version of IP: the family of its addresses, and that of the server."""
CLIENT_PORT, SERVER_PORT = 50000, 8000


class HttpFailure(Exception):
    """No proper answer came. `key` names the kind; the message says in words what came instead."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class Race:
    """Requests that the application gets at the same moment: the sandbox's runner waits until all of them are there.

    Otherwise one could be answered before the next one is sent, on a machine that is busy.
    """

    requests: int
    name: str = field(default_factory=lambda: secrets.token_hex(8))

    def line(self, size: int) -> bytes:
        """What goes before a request of this many bytes. The runner takes it away."""
        return f"RACE {self.name} {self.requests} {size}\r\n".encode()


@dataclass
class HttpClient:
    """A request that was sent, and its answer as far as it has come. `seconds` is the time for both, from now on."""

    connection: socket.socket
    seconds: float
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.seconds

    def send(self, request: Request, race: Race | None = None) -> None:
        """Sends the request, or as much of it as the server wants to hear before it answers.

        Raises HttpFailure for a path or a header that cannot stand in a request.
        """
        self._http = h11.Connection(h11.CLIENT)
        try:
            headers = list(request.all_headers().items())
            start = h11.Request(method=request.method, target=request.target, headers=headers)
        except (UnicodeEncodeError, h11.LocalProtocolError) as error:
            raise HttpFailure("value_cannot_be_sent", f"a value that cannot stand in a request ({error})") from None
        events = [start, h11.Data(data=request.body()[: request.stops_after])]
        if request.stops_after is None:
            events.append(h11.EndOfMessage())
        content = b"".join(self._http.send(event) or b"" for event in events)
        in_race = b"" if race is None else race.line(len(content))
        self._send_while_silent(client_line(request.client) + in_race + content)

    def _send_while_silent(self, content: bytes) -> None:
        """Sends until an answer begins to come: a server need not read what it refuses."""
        left = memoryview(content)
        try:
            while left and not self._is_answering_or_writable():
                self._wait_at_most_until_the_deadline()
                left = left[self.connection.send(left[:CHUNK]) :]
        except TimeoutError:
            raise _too_late() from None
        except OSError:
            pass  # the server may have answered and closed before it read everything

    def _is_answering_or_writable(self) -> bool:
        """Waits until there is something to read, or its end, or more can be sent. Whether it is the former."""
        poll = select.poll()
        poll.register(self.connection, select.POLLIN | select.POLLOUT)
        return any(event & select.POLLIN for _, event in poll.poll(self.seconds_left * 1000))

    def receive(self) -> None:
        """Reads the answer to its end. Raises HttpFailure."""
        informational = 0
        while True:
            event = self._next_event()
            if isinstance(event, h11.InformationalResponse):
                informational += 1
                if informational > MAXIMUM_INFORMATIONAL:
                    raise HttpFailure("not_http", "an endless row of 1xx answers")
            elif isinstance(event, h11.Response):
                self.status = event.status_code
                self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                self.body += event.data
                if len(self.body) > MAXIMUM_BODY:
                    raise HttpFailure("answer_too_large", f"an answer of more than {MAXIMUM_BODY // 1024} KiB")
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
                raise HttpFailure(key, f"no proper HTTP answer ({error})") from None
            if isinstance(event, h11.ConnectionClosed):
                raise HttpFailure("connection_closed", "a closed connection and no answer")
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
        left = self.seconds_left
        if not left:
            raise _too_late()
        self.connection.settimeout(left)

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._deadline - time.monotonic())


def first_to_answer(clients: Sequence[HttpClient]) -> HttpClient | None:
    """The client to which an answer, or its end, begins to come first; None where none does while all have time left.

    Of those that are answered at the same moment it is the first in `clients`.
    """
    poll = select.poll()
    for client in clients:
        poll.register(client.connection, select.POLLIN)
    events = poll.poll(min(client.seconds_left for client in clients) * 1000)
    answered = {descriptor for descriptor, _ in events}
    return next((client for client in clients if client.connection.fileno() in answered), None)


def client_line(client: str | None) -> bytes:
    """What goes before a request so that it comes from this address: a line of the PROXY protocol, version 1.

    The sandbox's runner takes it away. A request without a line comes from 127.0.0.1.
    """
    if client is None:
        return b""
    address = ip_address(client)
    family, server = ADDRESSES[address.version]
    sender = socket.inet_ntop(family, address.packed)
    return f"PROXY TCP{address.version} {sender} {server} {CLIENT_PORT} {SERVER_PORT}\r\n".encode()


def _too_late() -> HttpFailure:
    return HttpFailure("no_answer", "no complete answer in time")
