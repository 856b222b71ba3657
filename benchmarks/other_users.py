"""What other users notice of a harmful client: `python benchmarks/other_users.py [ROUNDS]`, alone on the machine.

For SQLite and, when BENCHMARK_POSTGRES_URL names a server on which databases may be made, for PostgreSQL. The first
table tells how long another user waits while a client sends bodies of 100 MB, logs in 60 times with wrong passwords, or
does not read its answers; and the memory of the process. Both are told as ratios to the same process at rest, in the
same run. The second table is about a Redis that answers late: how many tokens still work after a logout, and how much
one user can store in the cache.
The exit code is 1 if a token works after a logout that was answered with 204.
"""

import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import contacts_api as common
import httpx
import psutil
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(common.APPLICATION))

from tests.integration.test_connection_pool import clients_that_do_not_read
from tests.redis_servers import Wire

CHUNK = bytes(1024 * 1024)
CHUNKS = 100
WRONG_LOGINS = 60
DELAYS = (0.0, 0.06, 2.0)
"""Seconds by which each way to Redis is longer. By the last one, every command takes longer than any timeout."""
TOKENS = 10
SECONDS_AT_REST = 2.0

Harm = Callable[[httpx.AsyncClient], Awaitable[None]]


async def send_large_bodies(client: httpx.AsyncClient) -> None:
    """Three bodies of 100 MB without a declared length, one after another."""

    async def body() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    for _ in range(3):
        with suppress(httpx.TransportError):  # the server may close the connection before it has read all
            await client.post("/auth/register", content=body(), headers={"Content-Type": "application/json"})


async def log_in_with_wrong_passwords(client: httpx.AsyncClient) -> None:
    forms = [{"username": f"{number}@example.net", "password": "a wrong one"} for number in range(WRONG_LOGINS)]
    answers = await asyncio.gather(*(client.post("/auth/login", data=form) for form in forms))
    assert {answer.status_code for answer in answers} <= {401, 503}


async def read_no_answers(client: httpx.AsyncClient) -> None:
    """More clients than the pool has connections ask for the longest page, twice each, and do not read."""
    lines = ["GET /api/v1/contacts?limit=100 HTTP/1.1", "Host: x", f"Authorization: {client.headers['Authorization']}"]
    with clients_that_do_not_read(str(client.base_url), "\r\n".join([*lines, "", ""]).encode()):
        await asyncio.sleep(3)


async def rest(_client: httpx.AsyncClient) -> None:
    await asyncio.sleep(SECONDS_AT_REST)


HARMS: tuple[Harm, ...] = (rest, send_large_bodies, log_in_with_wrong_passwords, read_no_answers)


async def observe(harm: Harm, client: httpx.AsyncClient, process: psutil.Process) -> tuple[list[float], int]:
    """The seconds that each request of another user takes until the harm is done, and the largest memory in bytes."""
    doing = asyncio.create_task(harm(client))
    waits, memory = [], 0
    while not doing.done() or not waits:
        began = time.perf_counter()
        (await client.get("/users/me")).raise_for_status()
        waits.append(time.perf_counter() - began)
        memory = max(memory, process.memory_info().rss)
        await asyncio.sleep(0.01)
    await doing
    return waits, memory


async def other_users(console: Console, urls: dict[str, str], rounds: int) -> None:
    """Prints the first table."""
    table = Table("database", "meanwhile a client", "median wait", "longest wait", "memory", title="Ratios to a rest")
    for kind, url in urls.items():
        waits: dict[Harm, list[float]] = {harm: [] for harm in HARMS}
        memory = dict.fromkeys(HARMS, 0)
        with common.redis_server() as redis_url:
            async with (
                common.running(url, redis_url) as (address, process),
                await common.user_client(address, url) as client,
            ):
                await observe(rest, client, process)  # warms up
                for _ in range(rounds):
                    for harm in HARMS:
                        seconds, used = await observe(harm, client, process)
                        waits[harm] += seconds
                        memory[harm] = max(memory[harm], used)
        for harm in HARMS:
            ratios = (
                statistics.median(waits[harm]) / statistics.median(waits[rest]),
                max(waits[harm]) / max(waits[rest]),
                memory[harm] / memory[rest],
            )
            table.add_row(kind, harm.__name__.replace("_", " "), *(f"{ratio:.1f}" for ratio in ratios))
    console.print(table)


class SlowWire(Wire):
    """A wire to Redis on which everything arrives late."""

    delay = 0.0

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            await asyncio.sleep(self.delay)
            target.write(data)
            await target.drain()
        raise ConnectionResetError


async def slow_redis(console: Console, urls: dict[str, str]) -> int:
    """Prints the second table. Returns how many tokens worked after a logout that was answered with 204."""
    table = Table(
        "Redis is late by, ms", "answers to logout", "answers to refresh afterwards", "keys, bytes in the cache"
    )
    worked = 0
    url = urls["SQLite"]
    with common.redis_server() as redis_url:
        wire = SlowWire(redis_url)
        await wire.mend()
        async with common.running(url, wire.url) as (address, _), await common.user_client(address, url) as client:
            for delay in DELAYS:
                wire.delay = 0.0
                await asyncio.sleep(common.PAUSE)  # the circuit breaker closes
                tokens = [await refresh_token(client) for _ in range(TOKENS)]
                wire.delay = delay
                outs, backs = Counter[int](), Counter[int]()
                for token in tokens:
                    out = (await client.post("/auth/logout", json={"refresh_token": token})).status_code
                    back = (await client.post("/auth/refresh", json={"refresh_token": token})).status_code
                    outs[out] += 1
                    backs[back] += 1
                    worked += (out, back) == (204, 200)
                for days in range(1, 32):
                    await client.get("/contacts/birthdays", params={"days": days})
                table.add_row(f"{2000 * delay:.0f}", told(outs), told(backs), await cached(redis_url))
        await wire.cut()
    console.print(table)
    return worked


async def refresh_token(client: httpx.AsyncClient) -> str:
    """The refresh token of a new session of the user with 1,000 contacts."""
    form = {"username": f"{common.CONTACTS[0]}@example.com", "password": common.PASSWORD}
    answer = (await client.post("/auth/login", data=form)).raise_for_status()
    client.cookies.clear()
    return str(answer.json()["refresh_token"])


def told(statuses: Counter[int]) -> str:
    return ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))


async def cached(redis_url: str) -> str:
    """How much the cache holds."""
    async with Redis.from_url(redis_url) as redis:
        keys = await redis.keys("birthdays:*")
        return f"{len(keys)}, {sum([await redis.strlen(key) for key in keys]):,}"


def main(rounds: int) -> int:
    """Prints both tables, and returns the exit code."""
    console = Console()
    with common.all_databases() as urls:
        asyncio.run(common.fill_each(urls))
        asyncio.run(other_users(console, urls, rounds))
        return int(asyncio.run(slow_redis(console, urls)) > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
