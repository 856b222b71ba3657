"""Caching with Redis: what the cache stores, how long, when it is deleted, and what happens when Redis is unavailable.

Run it with `python 05_redis_caching.py`. It needs no Redis, no Docker and no network. The course's stand-in for Redis
listens on this machine alone and understands the commands of the real client library. The database is SQLite. The
program exits with 0 if all its claims hold, and with 1 if one does not.

Nothing here waits for time to pass: the clock of Redis is moved instead.
"""

import asyncio
import io
import json
import pickle
import sqlite3
import sys
import tempfile
import time
import uuid
from calendar import isleap
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from pydantic import BaseModel, TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from courseware.services.redis.service import Redis as RedisServer
from courseware.services.servers import HOST, FaultMode, listen_at, port_of

Claims = dict[str, bool]
"""What a chapter claims, in words, and whether it was true when the chapter ran."""

TODAY = date(2027, 3, 1)
TTL = 3600
"""Seconds that an answer is stored."""
TIMEOUT = 0.5
"""Seconds that a command may take. In the application the setting REDIS_TIMEOUT says so, and its default is shorter."""
COOL_DOWN = 1.0
"""Seconds after a failure in which the circuit breaker sends no command."""


# ------------------------------------------------------------------------------------------------- Redis and a database


@contextmanager
def redis_server() -> Iterator[tuple[RedisServer, str]]:
    """An empty Redis until the end of the block, and its URL."""
    server, listener = RedisServer(), listen_at(0)
    server.serve(listener)
    try:
        yield server, f"redis://{HOST}:{port_of(listener)}/0"
    finally:
        server.stop()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Redis]:
    """A client of the Redis at this address."""
    redis = Redis.from_url(url)
    try:
        yield redis
    finally:
        await redis.aclose()


SCHEMA = """
CREATE TABLE contact (
    id INTEGER PRIMARY KEY,
    owner INTEGER,
    name TEXT,
    birthday TEXT,
    birthday_key INTEGER GENERATED ALWAYS AS (strftime('%m', birthday) * 100 + strftime('%d', birthday)) STORED
);
CREATE INDEX contact_by_birthday ON contact (owner, birthday_key);
"""
ANN, BO = 1, 2
PEOPLE = [(ANN, "Olena", "1990-03-03"), (ANN, "Marko", "1988-03-09"), (BO, "Iryna", "2001-03-02")]
"""Owner, name and birthday of the contacts that most chapters use."""


@contextmanager
def new_database(people: Iterable[tuple[int, str, str]] = PEOPLE, connections: int = 1) -> Iterator[Any]:
    """A new database with these contacts: one connection to it, or a list of several."""
    with tempfile.TemporaryDirectory() as folder:
        opened = [sqlite3.connect(Path(folder) / "contacts.db") for _ in range(connections)]
        try:
            opened[0].execute("PRAGMA journal_mode = WAL")  # readers do not wait for a writer
            opened[0].executescript(SCHEMA)
            opened[0].executemany("INSERT INTO contact (owner, name, birthday) VALUES (?, ?, ?)", people)
            opened[0].commit()
            yield opened[0] if connections == 1 else opened
        finally:
            for connection in opened:
                connection.close()


# ------------------------------------------------------------------------------------------------------------ birthdays


class Birthday(BaseModel):
    """A contact whose birthday is near."""

    name: str
    next_birthday: date
    days_until: int


BIRTHDAYS = TypeAdapter(list[Birthday])


def keys_of_window(today: date, days: int) -> dict[int, date]:
    """The birthday keys from `today` until `days` days later, and the day on which each is kept."""
    keys = {}
    for day in (today + timedelta(number) for number in range(days + 1)):
        keys[day.month * 100 + day.day] = day
        if (day.month, day.day) == (2, 28) and not isleap(day.year):
            keys[229] = day  # 29 February, in a year that has none
    return keys


def upcoming(database: sqlite3.Connection, owner: int, today: date, days: int = 7) -> list[Birthday]:
    """The contacts of `owner` with a birthday in the window, found by their keys."""
    keys = keys_of_window(today, days)
    places = ", ".join("?" * len(keys))
    rows = database.execute(
        f"SELECT birthday_key, name FROM contact WHERE owner = ? AND birthday_key IN ({places})",  # noqa: S608
        (owner, *keys),
    )
    found = sorted((keys[key], name) for key, name in rows)
    return [Birthday(name=name, next_birthday=day, days_until=(day - today).days) for day, name in found]


# ---------------------------------------------------------------------------------------------------------- cache-aside

Loader = Callable[[], Awaitable[bytes]]


async def get_or_set_cache(redis: Redis, key: str, ttl: int, loader: Loader) -> bytes:
    """Return the value under `key`. If there is none, load it and store it for `ttl` seconds."""
    stored = await redis.get(key)
    if stored is not None:  # a hit
        return stored
    value = await loader()  # a miss
    await redis.set(key, value, ex=ttl)
    return value


def cache_key(owner: int, today: date) -> str:
    return f"birthdays:{owner}:{today}"


class Recorder:
    """A proxy between a client and Redis. It passes all bytes on, and notes what it saw in `lines`."""

    def __init__(self, url: str) -> None:
        self.lines: list[tuple[str, str]] = []
        """The direction, and the text, of each message in order."""
        self.first_bytes = b""
        self.closed = asyncio.Event()
        self._port = urlsplit(url).port

    async def serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        from_redis, to_redis = await asyncio.open_connection(HOST, self._port)
        await asyncio.gather(
            self._pass_on(from_client, to_redis, "app ──▶ Redis"), self._pass_on(from_redis, to_client, "app ◀── Redis")
        )
        self.closed.set()

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, direction: str) -> None:
        while message := await source.read(65536):
            self.first_bytes = self.first_bytes or message
            self.lines.append((direction, self._readable(message)))
            target.write(message)
            await target.drain()
        target.close()

    @staticmethod
    def _readable(message: bytes) -> str:
        """The text of a message: a command is an array of texts, a reply is one text, a status or nothing."""
        kind, *parts = message.decode().split("\r\n")
        if kind.startswith("*"):
            return " ".join(shortened(word, 28) for word in parts[1::2])
        if kind in ("$-1", "_"):
            return "(nil)"
        return parts[0] if kind.startswith("$") else kind[1:]

    def forget(self) -> None:
        """Forget what was noted so far."""
        self.lines.clear()
        self.first_bytes = b""


@asynccontextmanager
async def recorded(url: str) -> AsyncIterator[tuple[Recorder, Redis]]:
    """A recorder, and a client that talks to Redis through it."""
    recorder = Recorder(url)
    async with await asyncio.start_server(recorder.serve, HOST, 0) as proxy:
        async with connected(f"redis://{HOST}:{proxy.sockets[0].getsockname()[1]}/0") as redis:
            await redis.ping()  # connects: the client and the server introduce themselves
            recorder.forget()
            yield recorder, redis
        await recorder.closed.wait()


async def cache_aside() -> Claims:
    """Cache-aside: what two equal requests really send"""
    answers, sent = [], []
    with redis_server() as (_, url), new_database() as database:
        async with recorded(url) as (recorder, redis):
            database.set_trace_callback(lambda sql: recorder.lines.append(("app ──▶ database", sql)))

            async def load() -> bytes:
                return BIRTHDAYS.dump_json(upcoming(database, ANN, TODAY))

            for _ in range(2):
                start = len(recorder.lines)
                answers.append(await get_or_set_cache(redis, cache_key(ANN, TODAY), TTL, load))
                sent.append(recorder.lines[start:])
            first_bytes = recorder.first_bytes
    for number, lines in enumerate(sent, start=1):
        print(f"Request {number}")
        for direction, text in lines:
            print(f"    {direction:<17} {shortened(text, 60)}")
    print(f"\nThe first message, as bytes: {first_bytes!r}")
    first, second = ([f"{direction} {text}" for direction, text in lines] for lines in sent)
    return {
        "after a miss the value comes from the database and is stored for 3600 s": "(nil)" in first[1]
        and "SELECT" in first[2]
        and first[3].endswith("EX 3600"),
        "a hit is one command, and the database is not asked": len(second) == 2,
        "both answers are the same bytes": answers[0] == answers[1],
    }


# ------------------------------------------------------------------------------------------------------- JSON and dates


class Planted:
    """An object whose pickle calls a function when it is read. It could be any function."""

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return print, ("  pickle.loads has printed this line.",)


async def json_and_dates() -> Claims:
    """JSON has no type for dates. Five ways to store an answer, and what comes back"""
    answer = [Birthday(name="Olena", next_birthday=date(2027, 3, 3), days_until=2)]
    plain = [each.model_dump() for each in answer]
    ways: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
        "json.dumps(rows)": (lambda: json.dumps(plain), json.loads),
        "json.dumps(rows, default=str)": (lambda: json.dumps(plain, default=str), json.loads),
        "str(rows)": (lambda: str(plain), json.loads),
        "pickle.dumps(rows)": (lambda: pickle.dumps(plain), pickle.loads),
        "TypeAdapter.dump_json(rows)": (lambda: BIRTHDAYS.dump_json(answer), BIRTHDAYS.validate_json),
    }
    returned: dict[str, Any] = {}
    with redis_server() as (_, url):
        async with connected(url) as redis:
            for way, (write, read) in ways.items():
                try:
                    await redis.set("answer", write())
                    returned[way] = read(await redis.get("answer"))
                except (TypeError, ValueError) as error:
                    returned[way] = type(error).__name__
            await redis.set("empty", BIRTHDAYS.dump_json([]))
            empty = await redis.get("empty")
            await redis.set("planted", pickle.dumps(Planted()))
            planted = await redis.get("planted")
    kinds = {way: kind_of_date(value) for way, value in returned.items()}
    print_table(("written with", "the date comes back as"), kinds.items())
    print("A pickle that another client has stored is read:")
    read_pickle = pickle.loads(planted)  # noqa: S301 - to show the danger
    return {
        "json.dumps refuses a date": kinds["json.dumps(rows)"] == "TypeError",
        "with default=str the date comes back as text": kinds["json.dumps(rows, default=str)"] == "str",
        "Pydantic writes JSON and reads the same objects again": returned["TypeAdapter.dump_json(rows)"] == answer,
        "reading a pickle calls what its writer wanted: here `print`, which returned None": read_pickle is None,
        "an empty list is a hit: b'[]' is true in an `if`, the parsed list is not": bool(empty)
        and not BIRTHDAYS.validate_json(empty),
    }


def kind_of_date(returned: Any) -> str:
    """The type of the date in an answer, or the name of the error."""
    if isinstance(returned, str):
        return returned
    first = returned[0]
    return type(first["next_birthday"] if isinstance(first, dict) else first.next_birthday).__name__


# ------------------------------------------------------------------------------------------------------------- midnight

KEYS: dict[str, Callable[[int, date], str]] = {
    "birthdays:{today}": lambda _, today: f"birthdays:{today}",
    "birthdays:{user}": lambda user, _: f"birthdays:{user}",
    "birthdays:{user}:{today}": cache_key,
}


async def midnight() -> Claims:
    """Three cache keys. The answer depends on the user and on the day"""
    evening, morning = TODAY, TODAY + timedelta(days=1)
    calls = {"Ann, 23:59": (ANN, evening), "Bo, 23:59": (BO, evening), "Ann, 00:01": (ANN, morning)}
    correct = {"Ann, 23:59": "Olena in 2", "Bo, 23:59": "Iryna in 1", "Ann, 00:01": "Olena in 1, Marko in 7"}
    seen: dict[str, dict[str, str]] = {}
    with redis_server() as (_, url), new_database() as database:
        async with connected(url) as redis:
            for name, key_of in KEYS.items():
                seen[name] = {
                    call: await ask(redis, database, key_of(user, today), user, today)
                    for call, (user, today) in calls.items()
                }
            keys = sorted(key.decode() for key in await redis.keys("birthdays:1:*"))
            # Another request asks for the date twice: for the query before midnight, for the key after it.
            key = f"other {cache_key(ANN, morning)}"
            await ask(redis, database, key, ANN, evening)
            asked_twice = await ask(redis, database, key, ANN, morning)
    print_table(("key", *calls), [(name, *answers.values()) for name, answers in seen.items()])
    print(f"Ann's keys now: {', '.join(keys)}")
    print(f"Ann at 00:01, after a request that asked for the date twice: {asked_twice}")
    return {
        "a key without the user gives Ann's contacts to Bo": seen["birthdays:{today}"]["Bo, 23:59"] == "Olena in 2",
        "a key without the day gives yesterday's answer after midnight": seen["birthdays:{user}"]["Ann, 00:01"]
        == "Olena in 2",
        "a key with both gives the right answer to everyone": seen["birthdays:{user}:{today}"] == correct,
        "a request that asks for the date twice stores an answer under the wrong day": asked_twice == "Olena in 2",
    }


async def ask(redis: Redis, database: sqlite3.Connection, key: str, owner: int, today: date) -> str:
    """The cached answer as a short text."""

    async def load() -> bytes:
        return BIRTHDAYS.dump_json(upcoming(database, owner, today))

    answer = BIRTHDAYS.validate_json(await get_or_set_cache(redis, key, TTL, load))
    return ", ".join(f"{each.name} in {each.days_until}" for each in answer)


# --------------------------------------------------------------------------------------------------------- time to live


async def time_to_live() -> Claims:
    """How long a key lives. The clock of Redis is moved; the program does not wait"""
    ways: dict[str, list[tuple[Any, ...]]] = {
        "SET k v EX 3600": [("SET", "k", "v", "EX", TTL)],
        "SET k v": [("SET", "k", "v")],
        "SET k v EX 3600, SET k w": [("SET", "k", "v", "EX", TTL), ("SET", "k", "w")],
        "SET k v EX 3600, GET k": [("SET", "k", "v", "EX", TTL), ("GET", "k")],
    }
    start = datetime(2027, 3, 1, 12, tzinfo=UTC)
    moments = {"at once": timedelta(0), "59 min later": timedelta(minutes=59), "61 min later": timedelta(minutes=61)}
    lives: dict[str, list[str]] = {}
    with redis_server() as (server, url):
        async with connected(url) as redis:
            for way, commands in ways.items():
                server.move_clock(start)
                await redis.delete("k")
                for command in commands:
                    await redis.execute_command(*command)
                lives[way] = []
                for later in moments.values():
                    server.move_clock(start + later)
                    lives[way].append(described(await redis.ttl("k")))
    print_table(("commands", *(f"TTL {name}" for name in moments)), [(way, *texts) for way, texts in lives.items()])
    return {
        "a key with EX is gone after that time": lives["SET k v EX 3600"][2] == "gone",
        "a key without EX stays for ever": lives["SET k v"][2] == "no expiry",
        "a SET without EX takes the expiry away": lives["SET k v EX 3600, SET k w"][0] == "no expiry",
        "reading a key does not make it live longer": lives["SET k v EX 3600, GET k"][2] == "gone",
    }


def described(seconds: int) -> str:
    """What the reply to TTL means: -1 for a key that does not expire, -2 for a key that does not exist."""
    return {-1: "no expiry", -2: "gone"}.get(seconds) or f"about {round(seconds / 60) * 60} s"


# --------------------------------------------------------------------------------------------------------- invalidation

STORE_WITH_LEASE = """
if redis.call("GET", KEYS[2]) == ARGV[1] then
    return redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
end
"""
"""Redis runs a Lua script as one command: no other command comes in between."""

BEFORE_COMMIT = ("writer UPDATE", "writer DEL", "reader GET", "reader SELECT", "reader SET", "writer COMMIT")
AFTER_COMMIT = ("writer UPDATE", "reader GET", "reader SELECT", "reader SET", "writer COMMIT", "writer DEL")
SLOW_READER = ("reader GET", "reader SELECT", "writer UPDATE", "writer COMMIT", "writer DEL", "reader SET")
SLOW_READER_WITH_LEASE = (
    "reader GET",
    "reader LEASE",
    "reader SELECT",
    "writer UPDATE",
    "writer COMMIT",
    "writer DEL both",
    "reader SET with lease",
)


async def interleave(order: Sequence[str]) -> list[tuple[str, str, str]]:
    """Carry out the steps of two requests in this order. For each step: its name, its result, what Redis stores then.

    The writer changes the name Olena to Lesia. The reader asks for the name. At the end, the reader asks once more.
    """
    key, lease_key, lease, loaded = "birthdays", "lease:birthdays", uuid.uuid4().hex, ""
    lines = []
    with redis_server() as (_, url), new_database(connections=2) as (writer, reader):
        async with connected(url) as redis:
            for step in (*order, "reader GET again"):
                result = ""
                match step:
                    case "writer UPDATE":
                        writer.execute("UPDATE contact SET name = 'Lesia' WHERE name = 'Olena'")
                    case "writer COMMIT":
                        writer.commit()
                    case "writer DEL":
                        await redis.delete(key)
                    case "writer DEL both":
                        await redis.delete(key, lease_key)
                    case "reader GET" | "reader GET again":
                        result = (await redis.get(key) or b"miss").decode()
                    case "reader LEASE":
                        await redis.set(lease_key, lease, ex=60)
                    case "reader SELECT":
                        loaded = result = upcoming(reader, ANN, TODAY)[0].name
                    case "reader SET":
                        await redis.set(key, loaded, ex=TTL)
                        result = "stored"
                    case "reader SET with lease":
                        reply = await redis.eval(STORE_WITH_LEASE, 2, key, lease_key, lease, loaded, TTL)
                        result = "stored" if reply else "not stored"
                lines.append((step, result, (await redis.get(key) or b"-").decode()))
    return lines


def print_timeline(lines: list[tuple[str, str, str]]) -> None:
    """One row for each step, the writer on the left and the reader on the right."""
    rows = []
    for step, result, stored in lines:
        who, _, what = step.partition(" ")
        text = f"{what}: {result}" if result else what
        rows.append((text, "", stored) if who == "writer" else ("", text, stored))
    print_table(("writer: Olena becomes Lesia", "reader", "in Redis"), rows)


async def before_or_after_the_commit() -> Claims:
    """Invalidate before the commit, or after it? The same two requests"""
    before, after = await interleave(BEFORE_COMMIT), await interleave(AFTER_COMMIT)
    print("DEL before COMMIT:")
    print_timeline(before)
    print("\nDEL after COMMIT:")
    print_timeline(after)
    return {
        "before the commit: the reader stores the old name again, for an hour": before[-1][1] == "Olena",
        "after the commit: the next request misses and reads the new name": after[-1][1] == "miss",
    }


async def slow_reader() -> Claims:
    """After the commit, but the reader is slow: it read the old row and stores it last"""
    without, with_lease = await interleave(SLOW_READER), await interleave(SLOW_READER_WITH_LEASE)
    print("Without a lease:")
    print_timeline(without)
    print("\nWith a lease:")
    print_timeline(with_lease)
    return {
        "without a lease the slow reader stores the old name after the DEL": without[-1][1] == "Olena",
        "with a lease it stores nothing: the writer has deleted its lease": with_lease[-1][1] == "miss",
    }


# ------------------------------------------------------------------------------------------------------------- stampede

REQUESTS = 50


class SlowQuery:
    """A query that counts how often it runs. It takes as long as `may_end` says."""

    def __init__(self) -> None:
        self.runs = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> bytes:
        self.runs += 1
        await self.may_end.wait()
        return b"[]"

    async def wait_until(self, runs: int) -> None:
        """Wait until the query runs so often, but 5 s at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while self.runs < runs:
                    await asyncio.sleep(0.001)


class SingleFlight:
    """Requests that ask for the same key at the same time share one load."""

    def __init__(self) -> None:
        self._loading: dict[str, asyncio.Task[bytes]] = {}

    async def get_or_set_cache(self, redis: Redis, key: str, ttl: int, loader: Loader) -> bytes:
        return await asyncio.shield(self._shared_load(redis, key, ttl, loader))

    def _shared_load(self, redis: Redis, key: str, ttl: int, loader: Loader) -> asyncio.Task[bytes]:
        if key not in self._loading:
            task = asyncio.create_task(get_or_set_cache(redis, key, ttl, loader))
            task.add_done_callback(lambda _: self._loading.pop(key))
            self._loading[key] = task
        return self._loading[key]


class Unshielded(SingleFlight):
    """The same, but a cancelled request cancels the load that all share."""

    async def get_or_set_cache(self, redis: Redis, key: str, ttl: int, loader: Loader) -> bytes:
        return await self._shared_load(redis, key, ttl, loader)


async def rush(
    function: Callable[..., Coroutine[Any, Any, bytes]], queries: int, *, cancel_first: bool = False
) -> tuple[int, int]:
    """Send 50 requests at once for a key that is not stored. Return how many queries ran, and how many answers came.

    The queries end when `queries` of them run at the same time.
    """
    load = SlowQuery()
    with redis_server() as (_, url):
        async with connected(url) as redis:
            requests = [asyncio.create_task(function(redis, "birthdays", TTL, load)) for _ in range(REQUESTS)]
            await load.wait_until(queries)
            if cancel_first:
                requests[0].cancel()  # as the server does when the client closes the connection
            load.may_end.set()
            answers = await asyncio.gather(*requests, return_exceptions=True)
    return load.runs, answers.count(b"[]")


async def stampede() -> Claims:
    """A stampede: 50 requests at once, just after the value has expired"""
    shared, unshielded = SingleFlight(), Unshielded()
    results = {
        "each for itself": await rush(get_or_set_cache, queries=REQUESTS),
        "single-flight": await rush(shared.get_or_set_cache, queries=1),
        "the first client goes away": await rush(shared.get_or_set_cache, queries=1, cancel_first=True),
        "the same, without asyncio.shield": await rush(unshielded.get_or_set_cache, queries=1, cancel_first=True),
    }
    print_table(
        ("50 requests", "queries", "answers"), [(way, str(runs), str(count)) for way, (runs, count) in results.items()]
    )
    return {
        "a cache alone does not help: each request misses and asks the database": results["each for itself"]
        == (50, 50),
        "single-flight asks the database once for all 50": results["single-flight"] == (1, 50),
        "asyncio.shield: the load goes on when the first request is cancelled": results["the first client goes away"]
        == (1, 49),
        "without it, all requests fail with the first one": results["the same, without asyncio.shield"][1] == 0,
    }


# --------------------------------------------------------------------------------------------------------------- outage


class RedisUnavailable(Exception):
    """Redis did not answer, or did not answer a moment ago."""


class Clock:
    """Seconds that pass only when the program says so."""

    def __init__(self) -> None:
        self.now = 0.0


class CircuitBreaker:
    """Runs commands with a timeout in seconds. After a failure it sends none for COOL_DOWN seconds."""

    def __init__(self, redis: Redis, clock: Clock, timeout: float) -> None:
        self._redis = redis
        self._clock = clock
        self._timeout = timeout
        self._open_until = 0.0
        self.sent = 0

    async def run(self, *command: Any) -> Any:
        if self._clock.now < self._open_until:
            raise RedisUnavailable
        self.sent += 1
        try:
            async with asyncio.timeout(self._timeout):
                return await self._redis.execute_command(*command)
        except (RedisError, OSError):  # TimeoutError is an OSError
            self._open_until = self._clock.now + COOL_DOWN
            raise RedisUnavailable from None


async def load_nothing() -> bytes:
    """A query that finds no birthdays."""
    return b"[]"


async def read_through(breaker: CircuitBreaker, key: str, load: Loader) -> tuple[bytes, str]:
    """Cache-aside that works without Redis too: the answer, and where it came from."""
    with suppress(RedisUnavailable):
        stored = await breaker.run("GET", key)
        if stored is not None:
            return stored, "Redis"
    value = await load()
    with suppress(RedisUnavailable):
        await breaker.run("SET", key, value, "EX", TTL)
    return value, "database"


async def redis_is_killed() -> Claims:
    """Redis is killed after the third request, and is back before the seventh"""
    clock = Clock()
    rows, states = [], ["up"] * 3 + ["killed"] * 3 + ["up"] * 3
    with redis_server() as (server, url):
        async with connected(url) as redis:
            breaker = CircuitBreaker(redis, clock, timeout=5)
            for number, state in enumerate(states, start=1):
                if number == 4:
                    server.set_fault(FaultMode.DROPS)
                if number == 7:
                    server.set_fault(FaultMode.NONE)
                    server.data.clear()  # a Redis that stores nothing on disk starts empty
                    clock.now += COOL_DOWN
                before = breaker.sent
                answer, source = await read_through(breaker, "birthdays", load_nothing)
                rows.append((str(number), state, answer.decode(), source, str(breaker.sent - before)))
    print_table(("request", "Redis", "answer", "from", "commands sent"), rows)
    sources = [row[3] for row in rows]
    return {
        "every request gets the same answer": {row[2] for row in rows} == {"[]"},
        "without Redis the answers come from the database": sources[3:6] == ["database"] * 3,
        "only the first request tries: then the circuit breaker is open": [row[4] for row in rows[3:6]]
        == ["1", "0", "0"],
        "Redis is used again when it is back": sources[6:] == ["database", "Redis", "Redis"],
    }


async def redis_says_nothing() -> Claims:
    """Redis accepts the connection and does not answer. How long does a request wait?"""
    rows, waited, gave_up = [], {}, {}
    with redis_server() as (server, url):
        async with connected(url) as redis, connected(url) as default:
            server.set_fault(FaultMode.STALLS)
            breaker = CircuitBreaker(redis, Clock(), TIMEOUT)
            ways: dict[str, Callable[[], Awaitable[Any]]] = {
                "redis-py with its defaults": lambda: get_or_set_cache(default, "birthdays", TTL, load_nothing),
                "a timeout of 0.5 s": lambda: read_through(breaker, "birthdays", load_nothing),
                "the same, the request after it": lambda: read_through(breaker, "birthdays", load_nothing),
            }
            for way, request in ways.items():
                began = time.perf_counter()
                try:
                    async with asyncio.timeout(2 * TIMEOUT):
                        await request()
                    gave_up[way] = False
                except TimeoutError:
                    gave_up[way] = True
                waited[way] = time.perf_counter() - began
                rows.append((way, "no answer after" if gave_up[way] else "answer after", milliseconds(waited[way])))
            server.set_fault(FaultMode.NONE)
    print_table(("the client", "result", "time"), rows)
    first, second, third = ways
    return {
        "with its defaults the client still waits after 1 s": gave_up[first],
        "with a timeout the answer comes from the database": not gave_up[second] and waited[second] > TIMEOUT,
        "and the next request does not wait": not gave_up[third] and waited[third] < TIMEOUT,
    }


# -------------------------------------------------------------------------------------------------------- loop or index


def many_people(count: int) -> list[tuple[int, str, str]]:
    """As many contacts of Ann, with birthdays that are spread over the year."""
    first = date(1960, 1, 1)
    return [(ANN, f"Person {number}", str(first + timedelta(days=number * 37 % 20_000))) for number in range(count)]


def by_a_loop(database: sqlite3.Connection, today: date, days: int) -> tuple[int, list[str]]:
    """Read all contacts and look at each in Python."""
    rows = database.execute("SELECT name, birthday FROM contact WHERE owner = ?", (ANN,)).fetchall()
    last = today + timedelta(days)
    return len(rows), [name for name, birthday in rows if kept_on(date.fromisoformat(birthday), today) <= last]


def by_month_and_day(database: sqlite3.Connection, today: date, days: int) -> tuple[int, list[str]]:
    """Let the database compute the key of every row. It cannot use the index for that."""
    return _selected(database, "strftime('%m', birthday) * 100 + strftime('%d', birthday)", keys_of_window(today, days))


def by_the_index(database: sqlite3.Connection, today: date, days: int) -> tuple[int, list[str]]:
    """Let the database look up the few keys of the window in the index."""
    return _selected(database, "birthday_key", keys_of_window(today, days))


def _selected(database: sqlite3.Connection, column: str, keys: Iterable[int]) -> tuple[int, list[str]]:
    wanted = ", ".join(map(str, keys))
    statement = f"SELECT name FROM contact WHERE owner = ? AND {column} IN ({wanted})"  # noqa: S608
    names = [name for (name,) in database.execute(statement, (ANN,))]
    return len(names), names


def kept_on(birthday: date, today: date) -> date:
    """The next day, from `today` on, on which this birthday is kept. 29 February becomes 28 in common years."""
    for year in range(today.year, today.year + 2):
        is_moved = (birthday.month, birthday.day) == (2, 29) and not isleap(year)
        day = date(year, 2, 28) if is_moved else birthday.replace(year=year)
        if day >= today:
            return day
    raise AssertionError("every birthday is kept once a year")


Search = Callable[[sqlite3.Connection, date, int], tuple[int, list[str]]]
SEARCHES: dict[str, Search] = {
    "a loop in Python": by_a_loop,
    "date parts in SQL": by_month_and_day,
    "key with an index": by_the_index,
}


@dataclass(frozen=True)
class Measurement:
    """What one way of searching did. `seconds` is the shortest of three times, `plan` is the database's query plan."""

    seconds: float
    rows_read: int
    names: list[str]
    plan: str


def measured(count: int, days: int = 7) -> dict[str, Measurement]:
    """Search among this many contacts, in each of the three ways."""
    with new_database(many_people(count)) as database:
        return {way: measure(database, search, days) for way, search in SEARCHES.items()}


def measure(database: sqlite3.Connection, search: Search, days: int) -> Measurement:
    seconds, statements = [], []
    database.set_trace_callback(statements.append)
    for _ in range(3):
        began = time.perf_counter()
        rows_read, names = search(database, TODAY, days)
        seconds.append(time.perf_counter() - began)
    database.set_trace_callback(None)
    plan = database.execute(f"EXPLAIN QUERY PLAN {statements[-1]}").fetchone()[-1]
    return Measurement(min(seconds), rows_read, sorted(names), plan)


async def loop_or_index() -> Claims:
    """Who has a birthday in 7 days? Three ways, with 1,000 and with 20,000 contacts"""
    results = {count: measured(count) for count in (1_000, 20_000)}
    print_table(
        ("contacts", "found by", "rows sent", "time", "used of the index"),
        [
            (f"{count:,}", way, f"{each.rows_read:,}", milliseconds(each.seconds, digits=1), index_columns(each.plan))
            for count, ways in results.items()
            for way, each in ways.items()
        ],
    )
    print("Rows sent: those that the database returned to Python. It may have read more.")
    loop, date_parts, key = results[20_000].values()
    return {
        "all three find the same people": loop.names == date_parts.names == key.names != [],
        "the loop reads every contact of the user": loop.rows_read == 20_000,
        "the query plan names the key only where the column is compared": "birthday_key=?" in key.plan
        and "birthday_key=?" not in date_parts.plan,
        "with 20,000 contacts the index is faster than the loop": key.seconds < loop.seconds,
    }


def index_columns(plan: str) -> str:
    """The condition in a plan such as `SEARCH contact USING INDEX contact_by_birthday (owner=?)`."""
    return plan.partition("(")[2].rstrip(")")


def line_chart(lines: dict[str, list[tuple[int, float]]], x_title: str, y_title: str) -> str:
    """Draw an SVG image with one line for each name, from x 0 to the largest x. The notebook shows it."""
    width, height, edge = 600, 300, 50
    most_x = max(x for points in lines.values() for x, _ in points)
    most_y = max(y for points in lines.values() for _, y in points)
    shapes = [
        f'<rect width="{width + 200}" height="{height + edge}" fill="white"/>',
        f'<path d="M {edge},{edge} V {height} H {width}" stroke="gray" fill="none"/>',
        f'<text x="{edge}" y="30">{y_title} (up to {most_y:.1f})</text>',
        f'<text x="{width - 200}" y="{height + 30}">{x_title} (up to {most_x:,})</text>',
    ]
    for (name, points), color in zip(lines.items(), ("firebrick", "darkorange", "seagreen"), strict=False):
        places = [
            (edge + x / most_x * (width - edge), height - y / most_y * (height - edge)) for x, y in [(0, 0.0), *points]
        ]
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
        shapes.append(f'<polyline points="{path}" stroke="{color}" stroke-width="3" fill="none"/>')
        shapes.append(f'<text x="{width + 10}" y="{places[-1][1]:.0f}" fill="{color}">{name}</text>')
    size = f'viewBox="0 0 {width + 200} {height + edge}" width="100%"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">{"".join(shapes)}</svg>'


# -------------------------------------------------------------------------------------------- New Year and 29 February

TWELVE = (
    ("2027-05-10", "1990-05-10", "2027-05-10", 0),
    ("2027-05-10", "1990-05-17", "2027-05-17", 7),
    ("2027-05-10", "1990-05-18", None, None),
    ("2027-05-10", "1990-05-09", None, None),
    ("2027-04-28", "1985-05-02", "2027-05-02", 4),
    ("2027-12-28", "1990-12-31", "2027-12-31", 3),
    ("2027-12-28", "1990-01-03", "2028-01-03", 6),
    ("2027-02-25", "2000-02-29", "2027-02-28", 3),
    ("2027-02-28", "2000-02-29", "2027-02-28", 0),
    ("2027-03-01", "2000-02-29", None, None),
    ("2024-02-25", "2000-02-29", "2024-02-29", 4),
    ("2024-02-29", "2000-02-28", None, None),
)
"""Today, a birthday, and what `days=7` answers: `next_birthday` and `days_until`, or None where it is not listed."""


def naive(birthday: date, today: date) -> str:
    """The simple way: put this year into the birthday, and subtract."""
    try:
        return str((birthday.replace(year=today.year) - today).days)
    except ValueError as error:
        return type(error).__name__


async def new_year_and_29_february() -> Claims:
    """Twelve dates: `replace(year=…)`, and the keys of the window"""
    rows, right, naive_right = [], [], []
    for today_text, birthday_text, next_birthday, days_until in TWELVE:
        today, birthday = date.fromisoformat(today_text), date.fromisoformat(birthday_text)
        with new_database([(ANN, "Someone", birthday_text)]) as database:
            found = upcoming(database, ANN, today)
        answer = (str(found[0].next_birthday), found[0].days_until) if found else (None, None)
        right.append(answer == (next_birthday, days_until))
        replaced = naive(birthday, today)
        listed = int(replaced) if replaced.isdigit() and int(replaced) <= 7 else None
        naive_right.append(listed == days_until and replaced != "ValueError")
        mark = "" if naive_right[-1] else "  wrong"
        rows.append((today_text, birthday_text, replaced + mark, answer[0] or "not listed", text_of(answer[1])))
    print_table(("today", "birthday", "replace(year=…)", "next_birthday", "days_until"), rows)
    return {
        "the keys give the right answer for all twelve": all(right),
        "`replace(year=…)` fails at New Year and for 29 February": naive_right.count(False) == 4,
        "on each day of two years, keys and definition agree on all birthdays": keys_agree_with_definition(2027, 2),
    }


def keys_agree_with_definition(first_year: int, years: int) -> bool:
    """Compare the window's keys with `kept_on`, for every birthday of a leap year and every `today`."""
    birthdays = [date(2000, 1, 1) + timedelta(number) for number in range(366)]
    today, end = date(first_year, 1, 1), date(first_year + years, 1, 1)
    while today < end:
        last = today + timedelta(days=7)
        days = {each.month * 100 + each.day: kept_on(each, today) for each in birthdays}
        if {key: day for key, day in days.items() if day <= last} != keys_of_window(today, 7):
            return False
        today += timedelta(days=1)
    return True


def text_of(value: int | None) -> str:
    return "" if value is None else str(value)


# --------------------------------------------------------------------------------------------------------------- logout

SECRET = "a key for this example, and for nothing else"  # noqa: S105


def refresh_token(issued: datetime) -> str:
    """A refresh token that is valid for 7 days."""
    claims = {"sub": "1", "jti": uuid.uuid4().hex, "iat": issued, "exp": issued + timedelta(days=7)}
    return jwt.encode(claims, SECRET, "HS256")


def decoded(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, SECRET, ["HS256"])
    return claims


async def what_logout_stores() -> Claims:
    """Logout: store the token, or its `jti`? The token comes back, in two spellings"""
    now = datetime.now(UTC).replace(microsecond=0)
    token = refresh_token(issued=now - timedelta(days=2))
    claims = decoded(token)
    left = claims["exp"] - int(now.timestamp())
    rows, refused = [], {}
    with redis_server() as (server, url):
        async with connected(url) as redis:
            await redis.set(f"denylist:{token}", 1, ex=left)
            await redis.set(f"denylist:{claims['jti']}", 1, ex=left)
            for name, presented in {"the token": token, 'the token and "="': f"{token}="}.items():
                jti = decoded(presented)["jti"]  # raises for a token that is not ours
                refused[name] = (
                    bool(await redis.exists(f"denylist:{presented}")),
                    bool(await redis.exists(f"denylist:{jti}")),
                )
                rows.append((name, *("refused" if each else "ACCEPTED" for each in refused[name])))
            server.move_clock(now + timedelta(seconds=left - 60))
            before = bool(await redis.exists(f"denylist:{claims['jti']}"))
            server.move_clock(now + timedelta(seconds=left + 60))
            after = bool(await redis.exists(f"denylist:{claims['jti']}"))
    print_table(("after logout comes", "list of tokens", "list of jti"), rows)
    print(f"The token is valid for 7 days, and 2 days old. It expires in {left:,} s (5 days).")
    print("Its entry expires at the same time.")
    return {
        "a list of tokens accepts the same token in another spelling": refused['the token and "="'][0] is False,
        "a list of `jti` refuses both": all(by_jti for _, by_jti in refused.values()),
        "the entry lives as long as the token, and no longer": before and not after,
    }


async def two_refreshes_at_once() -> Claims:
    """A refresh token works once. Two clients send the same one at the same moment"""
    accepted = {}
    with redis_server() as (_, url):
        async with connected(url) as redis:

            async def look_then_set(key: str, both_have_looked: asyncio.Barrier) -> bool:
                used = await redis.get(key)
                await both_have_looked.wait()
                await redis.set(key, 1, ex=TTL)
                return used is None

            async def set_nx(key: str, both: asyncio.Barrier) -> bool:
                await both.wait()
                return bool(await redis.set(key, 1, nx=True, ex=TTL))

            for name, use in {"GET, then SET": look_then_set, "SET … NX": set_nx}.items():
                barrier = asyncio.Barrier(2)
                answers = await asyncio.gather(*(use(f"used:{name}", barrier) for _ in range(2)))
                accepted[name] = answers.count(True)
    print_table(("marks the token as used", "accepted"), [(name, str(count)) for name, count in accepted.items()])
    return {
        "look first, then set: both clients get new tokens": accepted["GET, then SET"] == 2,
        "SET NX is one command: Redis lets one client through": accepted["SET … NX"] == 1,
    }


# --------------------------------------------------------------------------------------------------------------- output

CHAPTERS: tuple[Callable[[], Coroutine[Any, Any, Claims]], ...] = (
    cache_aside,
    json_and_dates,
    midnight,
    time_to_live,
    before_or_after_the_commit,
    slow_reader,
    stampede,
    redis_is_killed,
    redis_says_nothing,
    loop_or_index,
    new_year_and_29_february,
    what_logout_stores,
    two_refreshes_at_once,
)


def milliseconds(seconds: float, digits: int = 0) -> str:
    return f"{seconds * 1000:.{digits}f} ms"


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table with a frame, each column as wide as its widest text."""
    lines = [headers, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruler = ["─" * (width + 2) for width in widths]
    print("┌" + "┬".join(ruler) + "┐")
    for number, line in enumerate(lines):
        print("│" + "│".join(f" {text:<{width}} " for text, width in zip(line, widths, strict=True)) + "│")
        if number == 0:
            print("├" + "┼".join(ruler) + "┤")
    print("└" + "┴".join(ruler) + "┘")


def main() -> int:
    """Run every chapter and print which of its claims hold. Return 1 if one does not."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    wrong = 0
    for number, chapter in enumerate(CHAPTERS, start=1):
        print(f"\n{number}. {chapter.__doc__}\n")
        # A notebook has an event loop already. A thread can have another one.
        with ThreadPoolExecutor(max_workers=1) as thread:
            claims = thread.submit(asyncio.run, chapter()).result()
        for claim, holds in claims.items():
            print(f"{'✓' if holds else '✗ NOT SO:'} {claim}")
            wrong += not holds
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
