"""The cache: what it keeps, and what it must never keep."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from app.core import redis
from app.core.cache import LARGEST_VALUE, Cache
from app.core.redis import RedisClient
from tests.redis_servers import Wire

TTL = 3600


class HeldLoader:
    """Loads when the test says so."""

    def __init__(self, value: bytes) -> None:
        self.value = value
        self.calls = 0
        self.begun = asyncio.Event()
        self.release = asyncio.Event()

    async def __call__(self) -> bytes:
        self.calls += 1
        value = self.value  # read before a change that comes while it is held
        self.begun.set()
        await self.release.wait()
        return value


def loader(value: bytes) -> HeldLoader:
    """Loads at once."""
    loader = HeldLoader(value)
    loader.release.set()
    return loader


@pytest.fixture
async def caches(
    wire: Wire, redis_timeout: float, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Cache, Cache]]:
    """The caches of two processes with one Redis."""
    monkeypatch.setattr(redis, "COOL_DOWN", 0.05)
    first, second = RedisClient(wire.url, redis_timeout), RedisClient(wire.url, redis_timeout)
    caches = Cache(first), Cache(second)
    yield caches
    for cache, client in zip(caches, (first, second), strict=True):
        await cache.close()
        await client.close()


@pytest.fixture
def cache(caches: tuple[Cache, Cache]) -> Cache:
    return caches[0]


@pytest.fixture
async def observer(each_redis: str) -> AsyncIterator[Redis]:
    """Sees what is in Redis."""
    async with Redis.from_url(each_redis) as observer:
        yield observer


@pytest.mark.parametrize("value", [b'[{"id":1}]', b"[]", b"null"])
async def test_a_value_is_loaded_once_and_then_kept(cache: Cache, observer: Redis, value: bytes) -> None:
    load = loader(value)
    assert [await cache.get_or_set_cache("x", TTL, load) for _ in range(3)] == [value] * 3
    assert load.calls == 1
    assert await observer.get("x") == value
    assert 0 < await observer.ttl("x") <= TTL


async def test_what_one_process_stored_another_finds(caches: tuple[Cache, Cache]) -> None:
    await caches[0].get_or_set_cache("x", TTL, loader(b"1"))
    assert await caches[1].get_or_set_cache("x", TTL, loader(b"2")) == b"1"


async def test_keys_have_nothing_to_do_with_each_other(cache: Cache) -> None:
    await cache.get_or_set_cache("x", TTL, loader(b"1"))
    assert await cache.get_or_set_cache("y", TTL, loader(b"2")) == b"2"
    await cache.invalidate("y")
    assert await cache.get_or_set_cache("x", TTL, loader(b"3")) == b"1"


async def test_what_is_forgotten_is_loaded_anew(cache: Cache) -> None:
    for key in ("x", "y"):
        await cache.get_or_set_cache(key, TTL, loader(b"1"))
    await cache.invalidate("x")
    await cache.invalidate("y")
    for key in ("x", "y"):
        assert await cache.get_or_set_cache(key, TTL, loader(b"2")) == b"2"


async def test_many_who_ask_at_once_wait_for_one(cache: Cache) -> None:
    load = HeldLoader(b"1")
    asking = [asyncio.create_task(cache.get_or_set_cache("x", TTL, load)) for _ in range(50)]
    await load.begun.wait()
    load.release.set()
    assert await asyncio.gather(*asking) == [b"1"] * 50
    assert load.calls == 1


async def test_who_gives_up_takes_nothing_from_the_others(cache: Cache) -> None:
    load = HeldLoader(b"1")
    first = asyncio.create_task(cache.get_or_set_cache("x", TTL, load))
    await load.begun.wait()
    second = asyncio.create_task(cache.get_or_set_cache("x", TTL, load))
    first.cancel()
    load.release.set()
    assert await second == b"1"
    assert load.calls == 1


async def test_a_failure_reaches_who_asked_and_is_not_kept(cache: Cache) -> None:
    async def fail() -> bytes:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it has no message
        await cache.get_or_set_cache("x", TTL, fail)
    assert await cache.get_or_set_cache("x", TTL, loader(b"1")) == b"1"


@pytest.mark.parametrize("writer", [0, 1], ids=["in this process", "in another one"])
async def test_what_was_read_before_a_change_is_not_stored_after_it(
    caches: tuple[Cache, Cache], observer: Redis, writer: int
) -> None:
    old = HeldLoader(b'"old"')
    reader = asyncio.create_task(caches[0].get_or_set_cache("x", TTL, old))
    await old.begun.wait()
    await caches[writer].invalidate("x")
    old.release.set()
    assert await reader == b'"old"'  # it asked before the change
    assert await observer.get("x") is None
    for cache in caches:
        assert await cache.get_or_set_cache("x", TTL, loader(b'"new"')) == b'"new"'


async def test_an_old_value_does_not_replace_a_new_one(caches: tuple[Cache, Cache]) -> None:
    """The reader from before the change comes back while another one, from after it, is still loading."""
    old, new = HeldLoader(b'"old"'), HeldLoader(b'"new"')
    slow = asyncio.create_task(caches[0].get_or_set_cache("x", TTL, old))
    await old.begun.wait()
    await caches[1].invalidate("x")
    fresh = asyncio.create_task(caches[1].get_or_set_cache("x", TTL, new))
    await new.begun.wait()
    old.release.set()
    await slow
    new.release.set()
    await fresh
    assert await caches[0].get_or_set_cache("x", TTL, loader(b'"other"')) == b'"new"'


async def test_who_asks_after_a_change_does_not_join_those_from_before(cache: Cache) -> None:
    old = HeldLoader(b'"old"')
    reader = asyncio.create_task(cache.get_or_set_cache("x", TTL, old))
    await old.begun.wait()
    await cache.invalidate("x")
    assert await cache.get_or_set_cache("x", TTL, loader(b'"new"')) == b'"new"'
    old.release.set()
    await reader
    assert await cache.get_or_set_cache("x", TTL, loader(b'"other"')) == b'"new"'


@pytest.mark.parametrize("redis_timeout", [0.05])
@pytest.mark.parametrize("how", ["hanging", "gone"])
async def test_without_redis_everything_is_loaded(cache: Cache, wire: Wire, how: str) -> None:
    if how == "hanging":
        wire.hang()
    else:
        await wire.cut()
    for value in (b"1", b"2"):
        assert await cache.get_or_set_cache("x", TTL, loader(value)) == value
        await cache.invalidate("x")


async def test_redis_may_go_while_a_value_is_loaded(cache: Cache, wire: Wire) -> None:
    load = HeldLoader(b"1")
    asking = asyncio.create_task(cache.get_or_set_cache("x", TTL, load))
    await load.begun.wait()
    await wire.cut()
    load.release.set()
    assert await asking == b"1"


async def test_a_change_while_redis_was_away_is_not_forgotten(
    caches: tuple[Cache, Cache], wire: Wire, observer: Redis
) -> None:
    """When Redis is back, it still has the old values: for all processes, also those that never missed it."""
    for key in ("x", "y"):
        await caches[0].get_or_set_cache(key, TTL, loader(b'"old"'))
    await wire.cut()
    for key in ("x", "y"):
        await caches[0].invalidate(key)
    await wire.mend()
    async with asyncio.timeout(30):
        while await observer.exists("x", "y"):  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("planted", [b"", b"{", b"\x80\x04\x95", b"no JSON"])
async def test_what_is_no_json_counts_as_missing(cache: Cache, observer: Redis, planted: bytes) -> None:
    await observer.set("x", planted)
    assert await cache.get_or_set_cache("x", TTL, loader(b"1")) == b"1"
    assert await observer.get("x") == b"1"


async def test_a_large_value_is_returned_and_not_stored(cache: Cache, observer: Redis) -> None:
    value = b'"' + b"x" * LARGEST_VALUE + b'"'
    assert await cache.get_or_set_cache("x", TTL, loader(value)) == value
    assert await observer.get("x") is None
