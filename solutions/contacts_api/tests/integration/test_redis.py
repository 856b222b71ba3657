"""Redis at the other end of a real socket: there, hanging, gone, and back again."""

import asyncio
from collections.abc import AsyncIterator
from time import perf_counter

import pytest
from redis.asyncio import Redis

from app.core import redis as patient
from app.core.redis import PatientRedis, RedisAway
from tests.redis_servers import Wire, wire_to

PATIENCE = patient.PATIENCE
UNBEARABLE = 1.0
"""Seconds. What is measured is a tenth of this; the rest is for a busy machine."""


@pytest.fixture
async def wire(each_redis: str) -> AsyncIterator[Wire]:
    async with wire_to(each_redis) as wire:
        yield wire


@pytest.fixture
async def redis(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PatientRedis]:
    monkeypatch.setattr(patient, "PAUSE", 0.05)
    monkeypatch.setattr(patient, "PATIENCE", 5)  # a busy machine is no outage
    redis = PatientRedis(wire.url)
    yield redis
    await redis.close()


async def get(redis: PatientRedis, key: str) -> bytes | str | None:
    return await redis.ask(lambda client: client.get(key))


async def seconds_until_away(redis: PatientRedis) -> float:
    """How long it takes to find out, with the patience that is shipped."""
    began = perf_counter()
    with pytest.MonkeyPatch.context() as here:
        here.setattr(patient, "PATIENCE", PATIENCE)
        with pytest.raises(RedisAway):
            await get(redis, "x")
    return perf_counter() - began


async def back(redis: PatientRedis) -> None:
    """Waits until Redis is asked again."""
    while True:
        try:
            await get(redis, "x")
        except RedisAway:
            await asyncio.sleep(0)
        else:
            return


async def test_what_is_told_can_be_asked(redis: PatientRedis) -> None:
    await redis.tell("x", lambda client: client.set("x", "1"))
    assert await get(redis, "x") == b"1"


@pytest.mark.parametrize("how", ["hanging", "gone", "gone before the first connection"])
async def test_nobody_waits_long(redis: PatientRedis, wire: Wire, how: str) -> None:
    if how != "gone before the first connection":
        await get(redis, "x")
    if how == "hanging":
        wire.hang()
    else:
        await wire.cut()
    assert await seconds_until_away(redis) < UNBEARABLE


async def test_after_a_failure_nobody_waits_at_all(
    redis: PatientRedis, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient, "PAUSE", 60)
    wire.hang()
    await seconds_until_away(redis)
    began = perf_counter()
    for _ in range(100):
        with pytest.raises(RedisAway):
            await get(redis, "x")
    assert perf_counter() - began < UNBEARABLE  # and not a hundred times the patience


@pytest.mark.parametrize("how", ["hanging", "gone"])
async def test_it_is_asked_again_when_it_is_back(redis: PatientRedis, wire: Wire, how: str) -> None:
    if how == "hanging":
        wire.hang()
    else:
        await wire.cut()
    await seconds_until_away(redis)
    await wire.mend()
    async with asyncio.timeout(30):
        await back(redis)


async def test_connections_that_broke_meanwhile_are_replaced(redis: PatientRedis, wire: Wire) -> None:
    await asyncio.gather(*[get(redis, "x") for _ in range(5)])
    await wire.cut()
    await wire.mend()
    async with asyncio.timeout(30):
        assert await asyncio.gather(*[get(redis, "x") for _ in range(5)]) == [None] * 5


async def test_what_could_not_be_told_is_told_later_without_anybody_asking(
    redis: PatientRedis, wire: Wire, each_redis: str, caplog: pytest.LogCaptureFixture
) -> None:
    await wire.cut()
    await redis.tell("x", lambda client: client.set("x", "old"))
    await redis.tell("x", lambda client: client.set("x", "new"))
    await redis.tell("y", lambda client: client.set("y", "other"))
    async with asyncio.timeout(30):
        while len(caplog.records) < 3:  # noqa: ASYNC110 - it goes on trying, and tells nobody
            await asyncio.sleep(0.01)
    await wire.mend()
    async with Redis.from_url(each_redis) as observer, asyncio.timeout(30):
        while await observer.get("y") is None:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)
        assert await observer.mget("x", "y") == [b"new", b"other"]


async def test_what_could_not_be_told_comes_before_what_is_asked(redis: PatientRedis, wire: Wire) -> None:
    await redis.tell("x", lambda client: client.set("x", "old"))
    await wire.cut()
    await redis.tell("x", lambda client: client.delete("x"))
    await wire.mend()
    async with asyncio.timeout(30):
        await back(redis)
    assert await get(redis, "x") is None


async def test_an_error_of_redis_counts_as_its_absence(redis: PatientRedis) -> None:
    await redis.tell("x", lambda client: client.set("x", "1"))
    with pytest.raises(RedisAway):
        await redis.ask(lambda client: client.lpush("x", "1"))


async def test_a_secret_in_the_address_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    redis = PatientRedis("redis://me:hush@127.0.0.1:1/0")  # nobody listens there
    await seconds_until_away(redis)
    assert "Redis is away" in caplog.text
    assert "hush" not in caplog.text
    await redis.close()
