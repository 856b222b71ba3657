"""Bounds of what clients of one Redis may make this process keep and do: memory, sizes, and patterns.

A submission is such a client, and its commands are carried out in the judge's process.
"""

import re
import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from fakeredis import _helpers
from fakeredis._helpers import SimpleError
from fakeredis._socket import _notifications
from fakeredis.commands_mixins import (
    _mixin_base,
    bitmap_mixin,
    generic_mixin,
    pubsub_mixin,
    scripting_mixin,
    string_mixin,
)

MOST_BYTES = 64 * 1024 * 1024
"""What clients may have stored since Redis was emptied the last time, the deleted values among it."""
LARGEST_STRING = 16 * 1024 * 1024
ELEMENT_BYTES = 64
"""What an element of a list, a set or a hash takes beside its content."""
LONGEST_PATTERN = 1_000
FREE = {
    "auth", "client", "command", "config", "dbsize", "del", "discard", "echo", "exec", "exists", "flushall", "flushdb",
    "get", "getrange", "hello", "hget", "hgetall", "hlen", "hmget", "info", "keys", "lindex", "llen", "lrange", "mget",
    "multi", "ping", "psubscribe", "pttl", "quit", "scan", "scard", "select", "sismember", "smembers", "strlen",
    "subscribe", "time", "ttl", "type", "unlink", "unwatch", "watch", "zcard", "zcount", "zrange", "zrangebyscore",
    "zscore",
}  # fmt: skip
"""Commands that store nothing. They work when the memory is used up."""
OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'."
compile_pattern = _helpers.compile_pattern


class _Charged(threading.local):
    """How many bytes of the command that a thread carries out were counted when it came, and not yet as a value."""

    amount = 0


class Memory:
    """Counts what the clients of one Redis have stored. It never counts too little, and frees nothing by itself."""

    def __init__(self) -> None:
        self._used = 0
        self._sizes: dict[tuple[int, bytes], int] = {}
        self._charged = _Charged()

    def charge(self, command: str, arguments: Iterable[Any]) -> None:
        """Count a command before it is carried out. Raises SimpleError where there is no memory for it."""
        self._charged.amount = 0
        if command in FREE:
            return
        self._charged.amount = sum(len(each) for each in arguments if isinstance(each, bytes))
        self._used += self._charged.amount
        if self._used > MOST_BYTES:
            raise SimpleError(OUT_OF_MEMORY)

    def note(self, database: int, key: bytes, value: Any) -> None:
        """Count how much larger a value has become by a command, such as SETRANGE or COPY.

        The bytes of a string that the command brought with it, as SET does, are counted already.
        """
        try:
            size = len(value) if isinstance(value, bytes) else len(value) * ELEMENT_BYTES
        except TypeError:
            size = ELEMENT_BYTES
        growth = max(0, size - self._sizes.get((database, key), 0))
        if isinstance(value, bytes):
            self._charged.amount = max(0, self._charged.amount - len(key))
            counted = min(growth, self._charged.amount)
            self._charged.amount -= counted
            growth -= counted
        self._used += growth
        self._sizes[database, key] = size

    def reset(self) -> None:
        """Start again with an empty Redis."""
        self._used = 0
        self._sizes = {}


@lru_cache(maxsize=100)
def bounded_pattern(pattern: bytes) -> "re.Pattern[bytes]":
    """A glob pattern as a regular expression that takes no more than linear time for a key.

    fakeredis writes each `*` as `.*`, which goes back and tries again. What stands between two stars has a fixed
    length, so that its first place is as good as any other one: there is no need to go back.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise SimpleError("ERR the pattern is too long")
    usual = compile_pattern(pattern)
    first, *rest = usual.pattern.split(b".*")
    if not rest:
        return usual
    *between, last = rest
    return re.compile(first + b"".join(b"(?>.*?" + part + b")" for part in between) + b".*" + last, usual.flags)


users: tuple[Any, ...] = (_mixin_base, generic_mixin, pubsub_mixin, scripting_mixin, _notifications)
for module in users:
    module.compile_pattern = bounded_pattern
sizes: Any = (string_mixin, bitmap_mixin)
sizes[0].MAX_STRING_SIZE = LARGEST_STRING
sizes[1].BitOffset.MAX_VALUE = 8 * LARGEST_STRING - 1
