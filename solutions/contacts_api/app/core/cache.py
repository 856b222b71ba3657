"""A cache in Redis: what costs much to find out and is asked often."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress

from pydantic_core import from_json

from app.core.redis import PatientRedis, RedisAway

LONGEST_LOAD = 60
"""Seconds. What took longer to load is not stored."""

STORE = """
if redis.call("GET", KEYS[2]) == ARGV[1] then
    redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
    redis.call("DEL", KEYS[2])
end
"""
"""Redis carries this out in one go, so that nothing can happen between the question and the answer to it."""

Loader = Callable[[], Awaitable[bytes]]


class Cache:
    """Keeps JSON. It never gives what was loaded before a `forget` to somebody who asks after it."""

    def __init__(self, redis: PatientRedis) -> None:
        self._redis = redis
        self._asking: dict[str, asyncio.Task[bytes]] = {}

    async def get_or_set_cache(self, key: str, ttl: int, loader: Loader) -> bytes:
        """What is stored under `key`, or else what `loader` gives, which is stored for `ttl` seconds.

        However many ask at the same time, it is loaded once. Without Redis it is loaded each time.
        """
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(self._get_or_load(key, ttl, loader))
        return await asyncio.shield(self._asking[key])  # goes on for the others if this request is given up

    async def forget(self, *keys: str) -> None:
        """Makes everybody load anew what is stored under `keys`. Call it after the commit, not before."""
        for key in keys:
            self._asking.pop(key, None)
        notes = [_note(key) for key in keys]
        await self._redis.tell(keys[0], lambda redis: redis.delete(*keys, *notes))

    async def _get_or_load(self, key: str, ttl: int, loader: Loader) -> bytes:
        try:
            stored = await self._get(key)
            return await self._load(key, ttl, loader) if stored is None else stored
        finally:
            if self._asking.get(key) is asyncio.current_task():
                del self._asking[key]

    async def _get(self, key: str) -> bytes | None:
        with suppress(RedisAway, ValueError):
            stored = await self._redis.ask(lambda redis: redis.get(key))
            if isinstance(stored, bytes):
                from_json(stored)  # whatever else somebody has put there is no answer of ours
                return stored
        return None

    async def _load(self, key: str, ttl: int, loader: Loader) -> bytes:
        """Loads and stores, unless the key was forgotten meanwhile: then the value may be older than the change.

        Before loading it leaves a note in Redis, which `forget` takes away, and it stores only if the note is there.
        """
        note = uuid.uuid4().hex
        with suppress(RedisAway):
            await self._redis.ask(lambda redis: redis.set(_note(key), note, ex=LONGEST_LOAD))
        value = await loader()
        with suppress(RedisAway):
            await self._redis.ask(lambda redis: redis.eval(STORE, 2, key, _note(key), note, value, ttl))
        return value


def _note(key: str) -> str:
    return f"loading:{key}"
