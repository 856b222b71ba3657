"""Cache-aside in Redis: an answer is loaded once, stored as JSON, and deleted when its data changes."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress

from pydantic_core import from_json

from app.core import redis
from app.core.redis import RedisClient, RedisUnavailable

LEASE_SECONDS = 60
"""A value that takes longer to load is not stored."""
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
        self._loading: dict[str, asyncio.Task[bytes]] = {}
        self._pending: set[str] = set()
        """Keys that could not be deleted so far."""
        self._deletion = asyncio.Lock()
        self._deleting: asyncio.Task[None] | None = None

    async def get_or_set_cache(self, key: str, ttl: int, loader: Loader) -> bytes:
        """Return the value under `key`. If there is none, call `loader` and store its value for `ttl` seconds.

        Requests that ask for one key at the same time share one load (single-flight). While Redis is unavailable,
        the value is loaded and not stored.
        """
        if key not in self._loading:
            self._loading[key] = asyncio.create_task(self._get_or_load(key, ttl, loader))
        return await asyncio.shield(self._loading[key])  # the load continues if one of the requests is cancelled

    async def invalidate(self, key: str) -> None:
        """Delete the value under `key`. Call it after the commit: before it, a reader could store the old value again.

        If Redis is unavailable, the key is deleted as soon as Redis has recovered.
        """
        self._loading.pop(key, None)
        self._pending.add(key)
        with suppress(RedisUnavailable):
            await self._delete_pending()
        if self._pending and (self._deleting is None or self._deleting.done()):
            self._deleting = asyncio.create_task(self._delete_when_recovered())

    async def close(self) -> None:
        """Stop the background task."""
        if self._deleting:
            self._deleting.cancel()

    async def _get_or_load(self, key: str, ttl: int, loader: Loader) -> bytes:
        try:
            stored = await self._get(key)
            return await self._load(key, ttl, loader) if stored is None else stored
        finally:
            if self._loading.get(key) is asyncio.current_task():
                del self._loading[key]

    async def _get(self, key: str) -> bytes | None:
        with suppress(RedisUnavailable, ValueError):
            await self._delete_pending()
            stored = await self._redis.run(lambda redis: redis.get(key))
            if isinstance(stored, bytes):
                from_json(stored)  # ValueError: another program has stored something that is not JSON
                return stored
        return None

    async def _load(self, key: str, ttl: int, loader: Loader) -> bytes:
        """Load a value and store it, unless `invalidate` was called meanwhile: the value may be older than the change.

        A lease tells. It is set before the load, `invalidate` deletes it, and the value is stored only with the lease.
        """
        lease = uuid.uuid4().hex
        with suppress(RedisUnavailable):
            await self._redis.run(lambda redis: redis.set(_lease(key), lease, ex=LEASE_SECONDS))
        value = await loader()
        if len(value) <= LARGEST_VALUE:
            with suppress(RedisUnavailable):
                await self._redis.run(lambda redis: redis.eval(STORE, 2, key, _lease(key), lease, value, ttl))
        return value

    async def _delete_pending(self) -> None:
        async with self._deletion:
            keys, self._pending = self._pending, set()
            if not keys:
                return
            try:
                await self._redis.run(lambda redis: redis.delete(*keys, *map(_lease, keys)))
            except BaseException:  # also when the request is cancelled
                self._pending |= keys
                raise

    async def _delete_when_recovered(self) -> None:
        """Retry in the background: other processes read the same keys, and must not wait for a request to this one."""
        while self._pending:
            await asyncio.sleep(redis.COOL_DOWN)
            with suppress(RedisUnavailable):
                await self._delete_pending()


def _lease(key: str) -> str:
    return f"lease:{key}"
