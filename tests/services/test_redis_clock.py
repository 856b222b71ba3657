"""Redis' clock can be moved: what expires, expires by it, however its time was set."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from courseware.services.redis.service import Redis
from courseware.services.servers import HOST, listen, port_of

TOLERANCE = 20
"""Seconds that a busy machine may take between two commands."""
NOON = datetime(2028, 2, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Way = Callable[[Any, datetime], object]


@pytest.fixture
def service() -> Iterator[Redis]:
    service = Redis()
    yield service
    service.stop()


@pytest.fixture
def client(service: Redis) -> Iterator[Any]:
    """A client over a socket, as the application has one."""
    listener = listen(0)
    port = port_of(listener)
    service.serve(listener)
    with redis.Redis(host=HOST, port=port, socket_timeout=TOLERANCE) as client:
        yield client


def script(text: str) -> Way:
    return lambda client, until: client.eval(text, 1, "key", int(until.timestamp()))


WITH_AN_HOUR: dict[str, Way] = {
    "EX": lambda client, _: client.set("key", "v", ex=3600),
    "PX": lambda client, _: client.set("key", "v", px=3_600_000),
    "EXAT": lambda client, until: client.set("key", "v", exat=until),
    "PXAT": lambda client, until: client.set("key", "v", pxat=until),
    "EXPIRE": lambda client, _: client.set("key", "v") and client.expire("key", 3600),
    "EXPIREAT": lambda client, until: client.set("key", "v") and client.expireat("key", until),
    "PEXPIREAT": lambda client, until: client.set("key", "v") and client.pexpireat("key", until),
    "GETEX": lambda client, until: client.set("key", "v") and client.getex("key", exat=until),
    "a script with EX": script("return redis.call('SET', KEYS[1], 'v', 'EX', 3600)"),
    "a script with EXAT": script("return redis.call('SET', KEYS[1], 'v', 'EXAT', ARGV[1])"),
    "a script with TIME": script(
        "local now = redis.call('TIME') redis.call('SET', KEYS[1], 'v') "
        "return redis.call('EXPIREAT', KEYS[1], now[1] + 3600)"
    ),
    "a pipeline": lambda client, _: client.pipeline().set("key", "v").expire("key", 3600).execute(),
}


@pytest.mark.parametrize("way", WITH_AN_HOUR)
def test_a_key_lives_as_long_as_the_moved_clock_says(service: Redis, client: Any, way: str) -> None:
    service.move_clock(NOON)
    WITH_AN_HOUR[way](client, NOON + HOUR)
    for reader in (client, service.client()):
        assert 3600 - TOLERANCE <= reader.ttl("key") <= 3600
    service.move_clock(NOON + timedelta(minutes=59))
    assert client.get("key") == b"v"
    assert 0 < client.ttl("key") <= 60
    service.move_clock(NOON + timedelta(minutes=61))
    for reader in (client, service.client()):
        assert reader.get("key") is None
        assert reader.keys() == []


def test_fields_of_a_hash_expire_too(service: Redis, client: Any) -> None:
    client.hset("key", mapping={"stays": 1, "goes": 1})
    client.hexpire("key", 3600, "goes")
    service.move_clock(datetime.now(UTC) + 2 * HOUR)
    assert client.hgetall("key") == {b"stays": b"1"}


def test_time_and_the_ids_of_streams_follow(service: Redis, client: Any) -> None:
    service.move_clock(NOON)
    for reader in (client, service.client()):
        assert 0 <= reader.time()[0] - NOON.timestamp() < TOLERANCE
    milliseconds = int(client.xadd("events", {"a": "b"}).partition(b"-")[0])
    assert 0 <= milliseconds / 1000 - NOON.timestamp() < TOLERANCE


def test_the_clock_can_be_put_right_and_concerns_no_other_redis(service: Redis, client: Any) -> None:
    other = Redis()
    service.move_clock(NOON)
    assert other.client().time()[0] == pytest.approx(time.time(), abs=TOLERANCE)
    service.move_clock(None)
    assert client.time()[0] == pytest.approx(time.time(), abs=TOLERANCE)


def test_a_client_that_waits_is_let_go_at_the_end(service: Redis, client: Any) -> None:
    waiting = threading.Thread(target=wait_for_an_item, args=(client,))
    waiting.start()
    until = time.monotonic() + TOLERANCE
    while not any(socket._blocked for socket in service.data.sockets):
        assert time.monotonic() < until
    service.stop()
    waiting.join(TOLERANCE)
    assert not waiting.is_alive()


def wait_for_an_item(client: Any) -> None:
    with suppress(redis.RedisError):
        client.blpop(["queue"], timeout=0)
