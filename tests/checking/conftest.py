"""A server that answers with whatever bytes a test wants, over real sockets."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime

import pytest

from courseware.checking import Application
from courseware.checking.time_limits import TimeLimits

Script = Callable[[socket.socket], None]


class ScriptedServer:
    """Plays `script` on every connection; what it reads from clients is in `received`."""

    def __init__(self) -> None:
        self.script: Script = socket.socket.close
        self.received: list[bytes] = []
        self.log = ""
        self.has_ended = False
        self.clock: list[datetime | None] = []
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []

    def connect(self, timeout: float, process: int = 0) -> socket.socket:
        assert process == 0, "this server has one process"
        ours, theirs = socket.socketpair()
        ours.settimeout(timeout)
        self._connections.append(theirs)
        thread = threading.Thread(target=self._play, args=(theirs,))
        thread.start()
        self._threads.append(thread)
        return ours

    @property
    def log_position(self) -> int:
        return len(self.log)

    def log_since(self, position: int) -> str:
        return self.log[position:]

    def move_clock(self, to: datetime | None) -> None:
        self.clock.append(to)

    def answers(self, content: bytes) -> None:
        """Has every request answered with these bytes, and the connection closed."""
        self.script = lambda connection: connection.sendall(content)

    def answers_json(self, content: bytes, status: bytes = b"200 OK") -> None:
        """Has every request answered with this body."""
        self.answers(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(content), content))

    def close(self) -> None:
        for thread in self._threads:
            thread.join()

    def _play(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.received.append(connection.recv(65536))
            self.script(connection)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def time_limits() -> TimeLimits:
    return TimeLimits()


@pytest.fixture
def application(server: ScriptedServer, time_limits: TimeLimits) -> Application:
    return Application(server, time_limits=time_limits)
