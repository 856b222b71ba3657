"""Redis at the other end of a real socket: there, hanging, gone, and back again."""

import asyncio
from collections.abc import AsyncIterator
from time import perf_counter

import pytest

from app.core import redis as redis_module
from app.core.config import Settings
from app.core.redis import RedisClient, RedisUnavailable
from tests.redis_servers import Wire, wire_to

TIMEOUT: float = Settings.model_fields["redis_timeout"].default
"""Seconds: what is shipped."""
UNBEARABLE = 1.0
"""Seconds. What is measured is a tenth of this; the rest is for a busy machine."""


@pytest.fixture
async def wire(each_redis: str) -> AsyncIterator[Wire]:
    async with wire_to(each_redis) as wire:
        yield wire


@pytest.fixture
async def redis(wire: Wire, redis_timeout: float, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedisClient]:
    monkeypatch.setattr(redis_module, "COOL_DOWN", 0.05)
    redis = RedisClient(wire.url, redis_timeout)
    yield redis
    await redis.close()


async def get(redis: RedisClient, key: str) -> bytes | str | None:
    return await redis.run(lambda client: client.get(key))


async def seconds_until_unavailable(redis: RedisClient) -> float:
    """How long it takes to find out, with the timeout that is shipped."""
    redis._timeout = TIMEOUT
    began = perf_counter()
    with pytest.raises(RedisUnavailable):
        await redis.run(lambda client: client.get("x"))
    return perf_counter() - began


async def back(redis: RedisClient) -> None:
    """Waits until Redis is asked again."""
    while True:
        try:
            await get(redis, "x")
        except RedisUnavailable:
            await asyncio.sleep(0)
        else:
            return


async def test_a_value_that_is_set_can_be_read(redis: RedisClient) -> None:
    await redis.run(lambda client: client.set("x", "1"))
    assert await get(redis, "x") == b"1"


@pytest.mark.parametrize("how", ["hanging", "gone", "gone before the first connection"])
async def test_no_command_waits_long(redis: RedisClient, wire: Wire, how: str) -> None:
    if how != "gone before the first connection":
        await get(redis, "x")
    if how == "hanging":
        wire.hang()
    else:
        await wire.cut()
    assert await seconds_until_unavailable(redis) < UNBEARABLE


async def test_after_a_failure_no_command_is_sent_for_a_while(
    redis: RedisClient, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_module, "COOL_DOWN", 60)
    wire.hang()
    await seconds_until_unavailable(redis)
    began = perf_counter()
    for _ in range(100):
        with pytest.raises(RedisUnavailable):
            await get(redis, "x")
    assert perf_counter() - began < UNBEARABLE  # and not a hundred times the timeout


@pytest.mark.parametrize("how", ["hanging", "gone"])
async def test_commands_are_sent_again_when_it_has_recovered(redis: RedisClient, wire: Wire, how: str) -> None:
    if how == "hanging":
        wire.hang()
    else:
        await wire.cut()
    await seconds_until_unavailable(redis)
    await wire.mend()
    async with asyncio.timeout(30):
        await back(redis)


async def test_connections_that_broke_meanwhile_are_replaced(redis: RedisClient, wire: Wire) -> None:
    await asyncio.gather(*[get(redis, "x") for _ in range(5)])
    await wire.cut()
    await wire.mend()
    async with asyncio.timeout(30):
        assert await asyncio.gather(*[get(redis, "x") for _ in range(5)]) == [None] * 5


async def test_an_error_of_redis_counts_as_unavailable(redis: RedisClient) -> None:
    await redis.run(lambda client: client.set("x", "1"))
    with pytest.raises(RedisUnavailable):
        await redis.run(lambda client: client.lpush("x", "1"))


async def test_a_secret_in_the_address_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    redis = RedisClient("redis://me:hush@127.0.0.1:1/0", TIMEOUT)  # nobody listens there
    await seconds_until_unavailable(redis)
    assert "Redis is unavailable" in caplog.text
    assert "hush" not in caplog.text
    await redis.close()
