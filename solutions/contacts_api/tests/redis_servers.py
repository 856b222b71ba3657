"""Redis for tests: one in this process that speaks the real protocol, or a real one; and a wire to cut."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from fakeredis import TcpFakeServer
from fakeredis._clients._tcp_server import TCPFakeRequestHandler
from redis import Redis
from redis.exceptions import ResponseError

REAL_URL = os.environ.get("TEST_REDIS_URL") or None
"""A Redis database that the tests may empty."""


class Handler(TCPFakeRequestHandler):
    """A connection that goes on after an error, as Redis' own do: "no such script" only means to send it first."""

    def setup(self) -> None:
        super().setup()
        read_response = self.current_client.read_response

        def read_response_or_error() -> Any:
            try:
                return read_response()
            except ResponseError as error:
                return error

        self.current_client.read_response = read_response_or_error  # type: ignore[method-assign, assignment]


@contextmanager
def embedded_redis() -> Iterator[str]:
    """The URL of a Redis in this process."""
    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    server.RequestHandlerClass = Handler
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    finally:
        server.shutdown()
        server.server_close()


def empty(url: str) -> None:
    """Removes all keys."""
    with Redis.from_url(url) as redis:
        redis.flushdb()


class Wire:
    """A port in front of Redis. It can be cut, and Redis can be made to hang at the other end."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}{self._target.path}"

    async def mend(self) -> None:
        """All is well."""
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Connections end, new ones are refused."""
        if self._server:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def hang(self) -> None:
        """Connections are taken, and nothing is ever answered."""
        self._flowing.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                redis = await asyncio.open_connection(self._target.hostname, self._target.port)
                try:
                    await asyncio.gather(self._pump(reader, redis[1]), self._pump(redis[0], writer))
                finally:
                    redis[1].close()
        finally:
            self._connections.discard(task)
            writer.close()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            await self._flowing.wait()
            target.write(data)
            await target.drain()
        raise ConnectionResetError


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[Wire]:
    """A wire to the Redis at `url`, whole at first."""
    wire = Wire(url)
    await wire.mend()
    yield wire
    await wire.cut()
