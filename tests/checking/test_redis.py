"""What an application has left in Redis can fail a check, and never breaks it."""

from collections.abc import Iterator

import pytest

from courseware.checking import CheckFailed, Redis
from courseware.services.redis.limits import MOST_BYTES
from courseware.services.redis.service import Redis as RedisService


@pytest.fixture
def service() -> Iterator[RedisService]:
    service = RedisService()
    yield service
    service.stop()


def test_a_key_that_is_gone_or_a_stream_holds_no_text(service: RedisService, monkeypatch: pytest.MonkeyPatch) -> None:
    redis, client = Redis(service), service.client()
    client.set("kept", "the secret")
    client.set("lock", "the secret")
    client.xadd("events", {"what": "the secret"})
    client.set(b"\xff", "the secret")
    names = redis.keys()
    client.delete("lock")  # as if it had expired after its name was read
    monkeypatch.setattr(redis, "keys", lambda: names)
    assert redis.keys_that_hold("the secret") == ["kept"]


def test_a_full_redis_fails_the_check(service: RedisService) -> None:
    redis, client = Redis(service), service.client()
    for number in range(4):
        client.set(f"key{number}", bytes(MOST_BYTES // 4 - 100))
    with pytest.raises(CheckFailed) as failure:
        redis.set("foreign", "x" * 1000)
    assert failure.value.key == "redis_unreadable"
