"""PostgreSQL in place of the SQLite file: a new database on a given server for each start of the application.

The application gets the name and password of the user who may create databases there. So this is for the course's own
code, which `course verify` judges, and for no submission.
"""

import asyncio
import secrets
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from courseware.base.errors import UsageError
from courseware.judging.sandbox import SandboxKind
from courseware.services.servers import HOST, Background, listen, port_of

PORT = 5432
SECONDS = 60.0
"""For a statement of the judge's own, on a machine that is busy."""
CHUNK = 64 * 1024
OTHER_ROW_ORDER = ("enable_seqscan = off", "enable_bitmapscan = off")
"""Settings with which rows come in the order of the index of a key or a constraint, where there is one that fits."""
INDEXES = """
SELECT format('%I.%I', schemaname, indexname) AS name FROM pg_indexes JOIN pg_class ON relname = indexname
JOIN pg_index ON indexrelid = pg_class.oid WHERE schemaname = current_schema() AND NOT indisunique
"""


@dataclass(frozen=True)
class PostgresServer:
    """A server, as a URL such as postgresql://user:password@127.0.0.1:5432/postgres names it. Raises UsageError.

    `?host=/folder` names the folder of its Unix socket, in place of a host.
    """

    url: str

    def __post_init__(self) -> None:
        try:
            is_one = urlsplit(self.url).scheme in ("postgres", "postgresql") and self.port > 0
        except ValueError:
            is_one = False
        if not is_one:
            raise UsageError("The server must be a URL such as postgresql://user:password@127.0.0.1:5432/postgres.")

    @property
    def host(self) -> str:
        """The host, or the folder of the socket."""
        parts = urlsplit(self.url)
        return parse_qs(parts.query).get("host", [parts.hostname or HOST])[0]

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or PORT

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which the server waits for a client to begin."""
        if self.host.startswith("/"):
            return await asyncio.open_unix_connection(f"{self.host}/.s.PGSQL.{self.port}")
        return await asyncio.open_connection(self.host, self.port)

    def execute(self, *statements: str, database: str | None = None) -> list[Any]:
        """Carry out statements one by one, each for itself. Returns the rows of the last. Raises UsageError."""
        try:
            import asyncpg
        except ImportError as error:
            raise UsageError(f"PostgreSQL cannot be used: the package {error.name} is not installed.") from error

        async def carry_out() -> list[Any]:
            connection = await asyncpg.connect(self.url, database=database, timeout=SECONDS, command_timeout=SECONDS)
            try:
                found: list[list[Any]] = [await connection.fetch(statement) for statement in statements]
            finally:
                await connection.close()
            return found[-1]

        try:
            return asyncio.run(carry_out())
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise UsageError(f"PostgreSQL at {self.host}, port {self.port}: {error or 'no answer in time'}") from error

    def address_of(self, database: str, port: int) -> str:
        """The URL of a database for an application that reaches the server at this port of its own 127.0.0.1."""
        user, _, _ = urlsplit(self.url).netloc.rpartition("@")
        return f"postgresql://{user}{user and '@'}{HOST}:{port}/{database}"


class PostgresDatabase:
    """The database of one application that is judged. `renew` makes an empty one; leaving the block drops it.

    In the sandbox the application reaches the server at the usual port, where the judge relays; without a sandbox at a
    free port of this machine.
    """

    def __init__(self, server: PostgresServer, variables: Mapping[str, str], kind: SandboxKind) -> None:
        if not variables:
            raise UsageError("The course says in no [application.postgresql] how its application finds PostgreSQL.")
        self._server = server
        self._variables = variables
        self._name: str | None = None
        self._background = Background("postgresql")
        self._relays: list[asyncio.Server] = []
        self.ports_inside = (PORT,) if kind == "bubblewrap" else ()
        self._port = PORT
        if kind == "plain":
            listener = listen(0)
            self._port = port_of(listener)
            self.serve([listener])

    def renew(self, *, other_row_order: bool) -> dict[str, str]:
        """Make an empty database in place of the last one. Returns the variables that tell the application of it."""
        self._drop()
        name = f"course_{secrets.token_hex(8)}"
        settings = OTHER_ROW_ORDER if other_row_order else ()
        self._server.execute(f"CREATE DATABASE {name}", *(f"ALTER DATABASE {name} SET {each}" for each in settings))
        self._name = name
        url = self._server.address_of(name, self._port)
        return {variable: text.format(url=url) for variable, text in self._variables.items()}

    def drop_indexes(self) -> None:
        """Drop all indexes but those of keys and constraints, which are rules about the rows."""
        for row in self._server.execute(INDEXES, database=self._name):
            self._server.execute(f"DROP INDEX {row['name']}", database=self._name)

    def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Relay between clients of these listening sockets and the server."""
        for listener in sockets:
            self._relays.append(self._background.run(asyncio.start_server(self._relay, sock=listener)))

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await self._server.connect()
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(_copy(reader, to_server), _copy(from_server, writer))
        finally:
            to_server.close()
            writer.close()

    def _drop(self) -> None:
        if self._name is not None:
            self._server.execute(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
            self._name = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._drop()
        finally:
            self._background.run(self._close())
            self._background.stop()

    async def _close(self) -> None:
        for relay in self._relays:
            relay.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass on what comes, up to its end."""
    with suppress(OSError):
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()
    target.close()
