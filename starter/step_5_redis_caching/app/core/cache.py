"""Cache-aside in Redis: an answer is loaded once, stored as JSON, and deleted when its data changes."""

from collections.abc import Awaitable, Callable

from app.core.redis import RedisClient

LEASE_SECONDS = 60
"""How long a lease lives. No task asks for leases: see "Going further" in the lesson."""
LARGEST_VALUE = 256 * 1024
"""Bytes. A larger value is not stored, so that the cache stays small."""

STORE = """
if redis.call("GET", KEYS[2]) == ARGV[1] then
    redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
    redis.call("DEL", KEYS[2])
end
"""
"""A Lua script: Redis runs it as one command, so no other client's command comes in between."""

Loader = Callable[[], Awaitable[bytes]]


class Cache:
    """Values under keys. A value that was loaded before `invalidate` is never returned to a later request."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def get_or_set_cache(self, key: str, ttl: int, loader: Loader) -> bytes:
        """Return the value under `key`. If there is none, call `loader` and store its value for `ttl` seconds.

        Requests that ask for one key at the same time share one load (single-flight). While Redis is unavailable,
        the value is loaded and not stored.
        """
        # TODO 5.1: look into Redis first. If there is a value, return it. If not, load one, store it, and return it.
        # - `self._redis.run(lambda redis: redis.get(key))` runs a command. What does it return if there is no such key?
        # - Is an empty list the same as no value?
        # - A value must expire. Which argument of `redis.set` says so?
        # - Another program may have stored something that is no JSON. `pydantic_core.from_json` tells.
        # - `run` raises RedisUnavailable. Which of your commands can meet it, and who should notice?
        # The sentence about requests at the same time (single-flight) is not judged. The lesson shows why it is good.
        raise NotImplementedError("Task 5.1: get a value from the cache or load it")

    async def invalidate(self, key: str) -> None:
        """Delete the value under `key`. Call it after the commit: before it, a reader could store the old value again.

        If Redis is unavailable, the key is deleted as soon as Redis has recovered.
        """
        # TODO 5.4: delete the key. What should the client of a POST notice of a Redis that is down?
        # The sentence about a Redis that has recovered is not judged.
        raise NotImplementedError("Task 5.4: delete a key")

    async def close(self) -> None:
        """Stop the background task."""
        # TODO 5.4: nothing, unless your `invalidate` starts a background task.
