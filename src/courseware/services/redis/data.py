"""The data of one Redis: commands for hostile clients, a clock that can be moved, and a note of every written key."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from itertools import count
from typing import Any

from fakeredis import FakeRedis, _helpers
from fakeredis._clients._sync import FakeRedisConnection
from fakeredis._core import FakeServer
from fakeredis._core._database import Database
from fakeredis._helpers import SimpleError
from fakeredis._socket import FakeSocket, _base
from fakeredis.commands_mixins import server_mixin
from fakeredis.model import _stream

from courseware.services.redis.limits import Memory
from courseware.services.redis.scripts import WRAPPING

# The groups of commands that fakeredis implements and a client may use. Others could read and write files of this
# machine (ACL SAVE), or are no part of Redis itself.
OFFERED = {
    f"{group}CommandsMixin"
    for group in (
        "Bitmap", "Connection", "Generic", "Geo", "Hash", "List", "PubSub", "Scripting", "Server", "Set", "SortedSet",
        "Streams", "String", "Transactions",
    )
}  # fmt: skip
# RESTORE unpickles what a client sends, so that it could run any code here. Functions have a Lua runtime of their own.
# LCS compares each byte of a value with each of another one.
REFUSED = ("dump", "restore", "function", "fcall", "lcs")


class Clock:
    """The clock of one Redis. It runs on from where it is put."""

    def __init__(self) -> None:
        self._seconds_ahead = 0.0

    def move(self, to: datetime | None) -> None:
        """Put the clock to this moment (timezone-aware); None puts it right."""
        self._seconds_ahead = 0.0 if to is None else to.timestamp() - time.time()

    def time(self) -> float:
        return time.time() + self._seconds_ahead

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Have fakeredis take the time from this clock, in this thread, for the block."""
        token = _clock.set(self)
        try:
            yield
        finally:
            _clock.reset(token)


_clock: ContextVar[Clock | None] = ContextVar("clock", default=None)


class _Time:
    """The module `time` as fakeredis sees it, which asks for the time alone: that of the Redis that is at work."""

    @staticmethod
    def time() -> float:
        clock = _clock.get()
        return time.time() if clock is None else clock.time()


# All that fakeredis knows of the time: what expires, the answer to TIME, and when a blocked client gives up.
modules: tuple[Any, ...] = (_helpers, _base, server_mixin, _stream)
for module in modules:
    module.time = _Time


class NumberedDatabase(Database):
    """One of the numbered databases. `writes` has, for each key that was ever written, the number of its last write."""

    def __init__(self, *arguments: Any, numbers: Iterator[int], memory: Memory) -> None:
        super().__init__(*arguments)
        self.writes: dict[bytes, int] = {}
        self._numbers = numbers
        self._memory = memory

    def notify_watch(self, key: bytes) -> None:
        """Note a write: fakeredis calls this for each, since clients may watch the key."""
        self.writes[key] = next(self._numbers)
        super().notify_watch(key)

    def schedule_expiry(self, key: bytes, expireat: float | None) -> None:
        """Note the size of a value: fakeredis calls this after each that it stores, expiring or not."""
        super().schedule_expiry(key, expireat)
        if key in self._dict:
            self._memory.note(id(self), key, self._dict[key].value)


class Data(FakeServer):
    """What all connections to one Redis share."""

    def __init__(self) -> None:
        super().__init__(version=(8, 0))
        self.clock = Clock()
        self.memory = Memory()
        self._numbers = count(1)
        self.dbs: Any = defaultdict(lambda: NumberedDatabase(self.lock, numbers=self._numbers, memory=self.memory))

    def client(self, database: int = 0) -> FakeRedis:
        """A client in this process, which reaches the data whatever fault there is on the sockets."""
        return FakeRedis(server=self, db=database, connection_class=Connection)

    def databases(self) -> list[int]:
        """The numbers of the databases that were ever used."""
        with self.lock:
            return sorted(self.dbs)

    def last_write(self) -> int:
        """The number of the last write so far: those that come have greater ones."""
        return next(self._numbers)

    def written_after(self, number: int, database: int) -> list[bytes]:
        """The keys that were written after that write, whether or not they still exist."""
        with self.lock:
            return [key for key, last in self.dbs[database].writes.items() if last > number]

    def clear(self) -> None:
        """Delete all keys, and forget which were ever written."""
        self.client().flushall()
        with self.lock:
            for database in self.dbs.values():
                database.writes.clear()
            self.memory.reset()

    def release_blocked(self) -> None:
        """Answer the clients that wait in commands such as BLPOP as if their time was over."""
        with self.lock:
            for waiting in list(self.sockets):
                waiting._unblock_reason = b"timeout" if waiting._blocked else None
            for database in self.dbs.values():
                database.wake_all()


class Socket(FakeSocket):
    """What carries out the commands of one connection."""

    _server: Data

    def _process_command(self, fields: list[bytes]) -> None:
        with self._server.clock.in_use():
            super()._process_command(fields)

    def _run_command(self, func: Any, sig: Any, args: list[Any], from_script: bool) -> Any:
        try:
            self._server.memory.charge(sig.name, args)
        except SimpleError as error:
            return error
        return super()._run_command(func, sig, args, from_script)

    def _name_to_func(self, cmd_name: str) -> Any:
        function, signature = super()._name_to_func(cmd_name)
        group = getattr(function, "__qualname__", "").partition(".")[0]
        if group not in OFFERED or cmd_name.startswith(REFUSED):
            raise self._unknown_command(cmd_name)
        return function, signature

    def _get_server_runtime(self, server: FakeServer) -> Any:
        known = getattr(server, "_lua_runtime", None)
        if known is not None and not known.is_exhausted:
            return known
        if known is not None:
            del server._lua_runtime  # type: ignore[attr-defined]
        runtime = super()._get_server_runtime(server)
        runtime.execute(WRAPPING)
        return runtime


class Connection(FakeRedisConnection):
    """A connection to the data."""

    def _connect(self) -> Socket:
        server: Any = self._server
        return Socket(server, client_class=self._client_class, db=self.db, client_info=self._client_info)
