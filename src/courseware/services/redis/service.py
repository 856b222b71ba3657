"""Redis on listening sockets, with fault injection and a clock that can be moved."""

import logging
import select
import socket
import struct
import threading
from contextlib import suppress
from datetime import datetime
from socketserver import StreamRequestHandler
from typing import Any

from fakeredis import FakeRedis
from fakeredis._clients._tcp_server import TCPFakeRequestHandler, TcpFakeServer, Writer
from redis.exceptions import ResponseError

from courseware.base.processes import wait_until
from courseware.services.redis.data import Connection, Data
from courseware.services.registry import Facts
from courseware.services.servers import POLL_SECONDS, FaultMode, FaultState, Listener

MOST_CONNECTIONS = 100
MOST_UNREAD = 24 * 1024 * 1024
"""Bytes of commands that may have come in part, over all connections. The connection that sends more is closed.

The largest string fits. fakeredis copies what it has of a command with each part that comes, which takes a time that
grows with the square of the size.
"""
CLIENTS_GO_SECONDS = 1.0
CHUNK = 64 * 1024
"""Bytes that are read at once, at most: a client can send a line without an end."""
WITH_RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: what is left to be sent is forgotten, and the client is told that the connection was reset."""

logging.getLogger("fakeredis").setLevel(logging.CRITICAL)


class Redis:
    """Redis on sockets that listen already, as many as it is given. All of them show the same data.

    While it refuses or drops, it resets every connection at once. While it stalls, it carries out commands and answers
    them when the fault is over. It can be told to answer some more commands before it stalls.
    """

    def __init__(self) -> None:
        self.data = Data()
        self.commands = 0
        """How many commands came over the sockets so far."""
        self.faults = FaultState()
        self.last_answered = 0
        """While it stalls: the number of the last command that is answered all the same."""
        self.unread = 0
        """Bytes of commands that have come in part."""
        self._servers: list[Server] = []
        self._threads: list[threading.Thread] = []

    def serve(self, listener: Listener) -> None:
        """Serve on this socket from now on."""
        server = Server(listener, self)
        thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), name="redis", daemon=True)
        thread.start()
        self._servers.append(server)
        self._threads.append(thread)

    def client(self, database: int = 0) -> FakeRedis:
        """A client that reaches the data in every fault mode, for checks."""
        return self.data.client(database)

    def move_clock(self, to: datetime | None) -> None:
        """Put the server's clock to this moment (timezone-aware), from where it runs on; None puts it right.

        Keys expire by this clock, and their time to live counts from it. `TIME` answers it, in scripts too.
        """
        self.data.clock.move(to)

    def clear(self) -> None:
        """Forget all data, when the clients that are connected have gone, or after a second."""
        wait_until(lambda: not any(server.has_clients for server in self._servers), CLIENTS_GO_SECONDS)
        if self._servers:
            self.data.clear()

    def forget(self) -> None:
        self.data.clear()

    def facts(self, host: str, port: int) -> Facts:
        return {"host": host, "port": str(port), "url": f"redis://{host}:{port}/0"}

    def set_fault(self, mode: FaultMode, *, after: int = 0) -> None:
        """Be in this fault mode from now on. `after`: the number of commands that are answered before it stalls."""
        self.last_answered = self.commands + after
        self.faults.now = mode
        if mode in (FaultMode.REFUSES, FaultMode.DROPS):
            for server in self._servers:
                server.reset_all()

    def stop(self) -> None:
        """Ends all connections; the data can still be looked at. May be called again."""
        self.set_fault(FaultMode.REFUSES)
        servers, self._servers = self._servers, []
        for server in servers:
            server.shutdown()
        self.data.release_blocked()
        for server in servers:
            server.server_close()
        for thread in self._threads:
            thread.join()


class Server(TcpFakeServer):
    """fakeredis' server on a socket that listens already, each connection in a thread of its own."""

    def __init__(self, listener: Listener, service: Redis) -> None:
        super().__init__(listener.getsockname(), bind_and_activate=False)
        self.fake_server = service.data
        self.service = service
        self.socket.close()
        self.socket = listener
        self.RequestHandlerClass = Handler
        self.faults = service.faults
        self._open: set[socket.socket] = set()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether the connection is served. One that is not gets reset."""
        if self.faults.now in (FaultMode.REFUSES, FaultMode.DROPS) or len(self._open) >= MOST_CONNECTIONS:
            _reset(request)
            return False
        self._open.add(request)
        return True

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    @property
    def has_clients(self) -> bool:
        """Whether a connection is still served."""
        return bool(self._open)

    def reset_all(self) -> None:
        for request in list(self._open):
            _reset(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that closes the connection in the middle."""


class Handler(TCPFakeRequestHandler):
    """One client's connection, whose answers wait while the service stalls."""

    server: Server
    number = 0
    """The number of the last command, of all that came to the service."""
    _unread = 0

    def setup(self) -> None:
        # The setup of TCPFakeRequestHandler fails for a client that has gone already, and leaves its files open.
        StreamRequestHandler.setup(self)
        self.connection.setblocking(False)
        self.writer = Waiting(self.client_address, self.wfile, self)
        places = {"laddr": self.connection.getsockname(), "addr": self.client_address, "fd": self.connection.fileno()}
        self.current_client = Connection(server=self.server.fake_server, client_info=places, protocol=2)
        self.server.clients[self.client_address] = self.current_client

    def handle(self) -> None:
        """Answers until the client goes. (The inherited one ends the connection after each error that it answers.)"""
        try:
            while not self.server._shutdown_event.is_set() and self._go_on():
                pass
        except OSError:  # the client has gone
            return
        except Exception as error:  # what was sent is no command
            with suppress(OSError):
                self.writer.dump(error)
        finally:
            self._note_read()

    def _go_on(self) -> bool:
        """Answers a command, or takes more of one. False at the end."""
        if self.current_client.can_read():
            self.writer.dump(self._answer())
            return True
        return self._take_more()

    def _note_read(self) -> None:
        self.server.service.unread -= self._unread
        self._unread = 0

    def _answer(self) -> Any:
        self._note_read()
        self.server.service.commands += 1
        self.number = self.server.service.commands
        try:
            return self.current_client.read_response()
        except ResponseError as error:
            return error

    def _take_more(self) -> bool:
        """Passes on what came, after waiting a moment for it. False when the client has gone."""
        data = self.rfile.readline(CHUNK)
        if not data:
            if not select.select([self.connection], [], [], POLL_SECONDS)[0]:
                return True
            data = self.rfile.readline(CHUNK)
        self._unread += len(data or b"")
        self.server.service.unread += len(data or b"")
        if self.server.service.unread > MOST_UNREAD:
            return False
        if data:
            self.current_client.get_socket().sendall(data)
        return bool(data)


class Waiting(Writer):
    """Writes answers when the service does not stall."""

    def dump(self, value: Any) -> None:
        handler: Any = self.request_handler
        server = handler.server
        while server.faults.now is FaultMode.STALLS and handler.number > server.service.last_answered:
            server._shutdown_event.wait(POLL_SECONDS)
        super().dump(value)

    def write(self, value: bytes) -> None:
        """Waits for a client that reads slowly. Reading from the socket never waits."""
        connection = self.request_handler.connection
        connection.setblocking(True)
        try:
            super().write(value)
        finally:
            connection.setblocking(False)


def _reset(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, WITH_RESET)
        connection.shutdown(socket.SHUT_RDWR)
