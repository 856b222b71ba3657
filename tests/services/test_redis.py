"""Redis as an application meets it: with redis-py, in both of its kinds, and in every mode."""

import asyncio
import gc
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as TooLate
from redis.retry import Retry

from courseware.services.redis.service import MOST_CONNECTIONS, Redis
from courseware.services.servers import HOST, FaultMode, listen, port_of

SECONDS = 20
SHORT = 0.2


class Cache:
    """The service and the port on which it serves."""

    def __init__(self) -> None:
        self.service = Redis()
        listener = listen(0)
        self.port = port_of(listener)
        self.service.serve(listener)

    def client(self, timeout: float = SECONDS) -> redis.Redis:
        return redis.Redis(host=HOST, port=self.port, socket_timeout=timeout, retry=Retry(NoBackoff(), 0))


@pytest.fixture
def cache() -> Iterator[Cache]:
    cache = Cache()
    yield cache
    cache.service.stop()


def test_values_and_times_to_live(cache: Cache) -> None:
    with cache.client() as client:
        client.set("birthdays:7", "[]", ex=60)
        assert client.get("birthdays:7") == b"[]"
        assert 0 < client.ttl("birthdays:7") <= 60
        assert client.set("jti", 1, nx=True)
        assert not client.set("jti", 1, nx=True)
    assert cache.service.client().get("birthdays:7") == b"[]"


def test_pipelines_and_lua(cache: Cache) -> None:
    with cache.client() as client:
        with client.pipeline() as pipeline:
            pipeline.incr("count").incr("count").expire("count", 5)
            assert pipeline.execute() == [1, 2, True]
        script = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
        assert script(keys=["count"], args=[5]) == 7


@pytest.mark.asyncio
async def test_many_at_once_with_asyncio(cache: Cache) -> None:
    async with redis.asyncio.Redis(host=HOST, port=cache.port) as client:
        await asyncio.gather(*(client.incr("count") for _ in range(20)))
        assert await client.get("count") == b"20"


def test_an_error_does_not_end_the_connection(cache: Cache) -> None:
    with cache.client() as client:
        client.set("key", "no number")
        for _ in range(2):
            with pytest.raises(ResponseError, match="not an integer"):
                client.incr("key")
        assert client.client_list()[0]["id"] == str(client.client_id())
        assert len(client.client_list()) == 1


def test_databases_are_apart(cache: Cache) -> None:
    with cache.client() as client:
        client.set("key", "in 0")
    assert cache.service.client(database=1).get("key") is None


def test_several_sockets_show_the_same_data(cache: Cache) -> None:
    other = listen(0)
    port = port_of(other)
    cache.service.serve(other)
    with cache.client() as client, redis.Redis(host=HOST, port=port) as second:
        client.set("key", "value")
        assert second.get("key") == b"value"


def test_one_that_refuses_resets_connections_and_comes_back_with_its_data(cache: Cache) -> None:
    with cache.client() as client:
        client.set("key", "value")
        cache.service.set_fault(FaultMode.REFUSES)
        for _ in range(2):
            with pytest.raises(NoConnection):
                client.get("key")
        cache.service.set_fault(FaultMode.NONE)
        assert client.get("key") == b"value"


def test_one_that_stalls_answers_nobody_until_it_is_well_again(cache: Cache) -> None:
    with cache.client(SHORT) as client:
        client.set("key", "value")
        cache.service.set_fault(FaultMode.STALLS)
        for _ in range(2):
            with pytest.raises(TooLate):
                client.get("key")
        cache.service.set_fault(FaultMode.NONE)
        assert client.get("key") == b"value"


def test_one_that_stalls_later_answers_so_many_commands_before(cache: Cache) -> None:
    with cache.client(SHORT) as first, cache.client(SHORT) as second:
        first.ping()
        second.ping()
        cache.service.set_fault(FaultMode.STALLS, after=2)
        assert first.ping()
        assert second.ping()
        for client in (first, second):
            with pytest.raises(TooLate):
                client.ping()


def test_an_answer_that_waits_comes_when_it_is_well_again(cache: Cache) -> None:
    answers: list[object] = []
    with cache.client() as client:
        client.set("key", "value")
        cache.service.set_fault(FaultMode.STALLS)
        asking = threading.Thread(target=lambda: answers.append(client.get("key")))
        asking.start()
        cache.service.set_fault(FaultMode.NONE)
        asking.join(SECONDS)
    assert answers == [b"value"]


def test_connections_beyond_the_limit_are_reset_and_the_others_stay(cache: Cache) -> None:
    standing = [socket.create_connection((HOST, cache.port), timeout=SECONDS) for _ in range(MOST_CONNECTIONS)]
    for connection in standing:
        connection.sendall(b"*1\r\n$4\r\nPING\r\n")
        assert connection.recv(7) == b"+PONG\r\n"
    with cache.client() as beyond, pytest.raises(RedisError):
        beyond.ping()
    for connection in standing:
        connection.close()
    with cache.client() as client:
        until = time.monotonic() + SECONDS
        while not answers(client):
            assert time.monotonic() < until


def test_clients_that_are_reset_at_once_leave_no_socket_open(cache: Cache) -> None:
    for _ in range(50):
        with socket.create_connection((HOST, cache.port), timeout=SECONDS) as gone:
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    cache.service.stop()
    # Warnings are errors here, and an open socket that is collected is one.
    gc.collect()


def test_a_value_larger_than_the_buffers_of_the_socket(cache: Cache) -> None:
    value = b"x" * (8 * 1024 * 1024)
    with cache.client() as client:
        client.set("large", value)
        assert client.get("large") == value


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


@pytest.mark.parametrize("mode", list(FaultMode))
def test_it_can_be_stopped_in_every_mood_with_clients_that_wait(cache: Cache, mode: FaultMode) -> None:
    with cache.client() as client:
        client.set("key", "value")
        cache.service.set_fault(mode)
        waiting = threading.Thread(target=lambda: answers(client))
        waiting.start()
        cache.service.stop()
        waiting.join(SECONDS)
        assert not waiting.is_alive()
    cache.service.stop()
    assert cache.service.client().get("key") == b"value"


@pytest.mark.parametrize(
    "sent", [b"\xff\xfe\r\n", b"*1\r\n$99999999999\r\n", b"*-5\r\n", b"HELLO 9\r\n", b"", b"*1\r\n"]
)
def test_strange_clients_are_told_nothing_and_harm_nobody(
    cache: Cache, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection((HOST, cache.port), timeout=SECONDS) as strange:
        strange.sendall(sent)
    with cache.client() as client:
        assert client.ping()
    assert capfd.readouterr().err == ""
