"""The Redis of the application as a check sees it: keys, the time they have left, values, and faults."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from courseware.base.processes import wait_until
from courseware.checking.check import CheckFailed
from courseware.checking.time_limits import STATED_SECONDS, TimeLimits

if TYPE_CHECKING:
    from courseware.services.redis.service import Redis as RedisService
    from courseware.services.servers import FaultMode

Value = bytes | list[bytes] | set[bytes] | dict[bytes, bytes] | dict[bytes, float]
"""What a key holds: a string, a list, a set, a hash or a sorted set with its scores."""
LIVES_FOR_EVER = -1
"""What Redis answers for the time to live of a key that never expires."""
UNREAD = "unread"
READERS: dict[str, Callable[[Any, str], Value]] = {
    "string": lambda client, name: client.get(name),
    "list": lambda client, name: client.lrange(name, 0, -1),
    "set": lambda client, name: set(client.smembers(name)),
    "hash": lambda client, name: client.hgetall(name),
    "zset": lambda client, name: dict(client.zrange(name, 0, -1, withscores=True)),
}


class Redis:
    """The Redis that the application uses, looked at from the judge's side. No fault is in the way of that.

    Checks share it, and it is not emptied between them: the application may keep there what it needs to know a user by
    whom other checks log in. `keys` therefore names only what was written since this check began. `clear` empties it
    for a check that needs that.

    Redis expires keys by the clock of the application: `clock.move` moves both. A time to live that is read here is
    the one that the application sees.

    Example:
        def test_is_kept_for_an_hour(application: Application, redis: Redis, clock: Clock) -> None:
            asked = str(application.send(BIRTHDAYS).request)
            name = redis.only_key("birthdays:*", asked=asked)
            expect(3590 <= (redis.ttl(name, asked=asked) or 0) <= 3600, "wrong_ttl", ...)
            clock.move(datetime.now(UTC) + timedelta(hours=1, seconds=1))
            expect(name not in redis.keys(), "outlives_the_hour", ...)
    """

    def __init__(self, service: "RedisService", time_limits: TimeLimits | None = None) -> None:
        self._service = service
        self._limits = TimeLimits() if time_limits is None else time_limits
        self._began = service.data.last_write()

    def keys(self, pattern: str = "*") -> list[str]:
        """The keys, sorted, that were written since this check began and exist now.

        `pattern` is one of shell's, such as "birthdays:*".
        """
        with self._reading("the keys in Redis"):
            names = {
                key.decode(errors="backslashreplace")
                for number in self._service.data.databases()
                for key in self._service.data.written_after(self._began, number)
                if self._service.client(number).exists(key)
            }
        return sorted(name for name in names if fnmatchcase(name, pattern))

    def only_key(self, pattern: str, *, asked: str, key: str = "no_key") -> str:
        """The one key like `pattern` that was written since this check began. Fails the check for none or several."""
        found = self.keys(pattern)
        if len(found) != 1:
            got = ", ".join(found or self.keys()) or "no key at all"
            raise CheckFailed(key, asked=asked, expected=f"one key like {pattern} in Redis", got=got)
        return found[0]

    def value(self, name: str, *, asked: str, key: str = "no_key") -> Value:
        """What is stored under this key, whenever it was written. Fails the check where there is no such key."""
        with self._reading(asked):
            client = self._client_with(name, asked, key)
            kind = client.type(name).decode()
            if kind in READERS:
                return READERS[kind](client, name)
        raise CheckFailed(key, asked=asked, expected=f"a value at {name} that can be read", got=f"a {kind}")

    def text(self, name: str, *, asked: str, key: str = "no_key") -> str:
        """The string under this key. Fails the check where there is none, or one that is not in UTF-8."""
        value = self.value(name, asked=asked, key=key)
        if not isinstance(value, bytes):
            raise CheckFailed(key, asked=asked, expected=f"a string at {name}", got=f"a {type(value).__name__}")
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise CheckFailed(key, asked=asked, expected=f"text at {name}", got="bytes that are not UTF-8") from None

    def json(self, name: str, *, asked: str, key: str = "no_key") -> Any:
        """The JSON value under this key. Fails the check where there is none."""
        text = self.text(name, asked=asked, key=key)
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise CheckFailed(key, asked=asked, expected=f"JSON at {name}", got=text[:200]) from None

    def ttl(self, name: str, *, asked: str, key: str = "no_key") -> float | None:
        """How many seconds this key has left; None if it never expires. Fails the check where there is no such key."""
        with self._reading(asked):
            left = self._client_with(name, asked, key).pttl(name)
        return None if left == LIVES_FOR_EVER else max(0.0, left / 1000)

    def keys_that_hold(self, text: str) -> list[str]:
        """The keys written since this check began in whose name or value this text stands.

        A key that expires meanwhile holds nothing, and neither does a kind of value that cannot be read, a stream.
        """
        wanted = text.encode()
        return [name for name in self.keys() if any(wanted in part for part in (name.encode(), *self._parts_of(name)))]

    def set(self, name: str, value: bytes | str, *, seconds: float | None = None) -> None:
        """Store a value without the application, for a number of seconds or without expiry.

        Fails the check where the application has used up the memory of Redis.
        """
        with self._reading(f"SET {name}"):
            self._service.client().set(name, value, px=None if seconds is None else round(seconds * 1000))

    def delete(self, *names: str) -> None:
        """Delete keys behind the application's back."""
        for number in self._service.data.databases():
            self._service.client(number).delete(*names)

    def clear(self) -> None:
        """Delete all keys, those of other checks too: for a check whose first request must find nothing."""
        self._service.client().flushall()

    def set_fault(self, mode: "FaultMode", *, after: int = 0) -> None:
        """Work, refuse, stall or drop from now on, until the check is over.

        `after` is the number of commands that Redis still answers before it stalls.

        An application may go on without Redis for a moment after a fault. So a check that injects one ends with
        `wait_until_used`, or has the application started with an environment of its own.
        """
        self._service.set_fault(mode, after=after)

    @property
    def commands(self) -> int:
        """How many commands came from the application so far."""
        return self._service.commands

    def wait_until_used(self, use: Callable[[], object], *, asked: str, key: str = "redis_unused") -> None:
        """End the fault and `use` the application again and again until it sends Redis a command.

        Fails the check where none comes within 10 s.
        """
        from courseware.services.servers import FaultMode

        self._service.set_fault(FaultMode.NONE)
        before = self.commands

        def is_used() -> bool:
            use()
            return self.commands > before

        came = wait_until(is_used, max(STATED_SECONDS, self._limits.seconds))
        if not self._limits.noted(came):
            expected = f"that the application uses Redis again within {STATED_SECONDS:g} s after the fault"
            raise CheckFailed(key, asked=asked, expected=expected, got="no command")

    def _client_with(self, name: str, asked: str, key: str) -> Any:
        """A client of the numbered database that has this key."""
        for number in self._service.data.databases():
            client = self._service.client(number)
            if client.exists(name):
                return client
        others = ", ".join(self.keys()) or "none"
        raise CheckFailed(key, asked=asked, expected=f"the key {name} in Redis", got=f"these keys: {others}")

    def _parts_of(self, name: str) -> Iterator[bytes]:
        try:
            value = self.value(name, asked=f"the value of {name} in Redis", key=UNREAD)
        except CheckFailed as failure:
            if failure.key != UNREAD:
                raise
            return
        if isinstance(value, bytes):
            yield value
        elif isinstance(value, dict):
            yield from (part for pair in value.items() for part in pair if isinstance(part, bytes))
        else:
            yield from value

    @contextmanager
    def _reading(self, asked: str) -> Iterator[None]:
        """Fails the check where the application has left Redis in a state in which it cannot be read."""
        from redis.exceptions import RedisError

        try:
            yield
        except RedisError as error:
            raise CheckFailed("redis_unreadable", asked=asked, expected="a Redis to read", got=str(error)) from None
