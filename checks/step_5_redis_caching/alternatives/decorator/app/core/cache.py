"""Decorators that keep the result of a function in Redis, and that delete it."""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from fastapi.encoders import jsonable_encoder

from app.core.redis import RedisClient, RedisUnavailable

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Rows = list[dict[str, Any]]


class Cache:
    """The Redis of the cache. The decorated functions get it as their first argument."""

    def __init__(self, redis: RedisClient) -> None:
        self.redis = redis

    async def read(self, key: str) -> Rows | None:
        """The list under `key`, or None: also for what is no list in JSON."""
        try:
            found = json.loads(await self.redis.run(lambda redis: redis.get(key)) or "null")
        except (RedisUnavailable, ValueError):
            return None
        return found if isinstance(found, list) else None

    async def write(self, key: str, rows: Rows, ttl: int) -> None:
        """Keeps a list for `ttl` seconds."""
        with suppress(RedisUnavailable):
            await self.redis.run(lambda redis: redis.set(key, json.dumps(rows), ex=ttl))

    async def delete(self, key: str) -> None:
        """Forgets a list."""
        with suppress(RedisUnavailable):
            await self.redis.run(lambda redis: redis.delete(key))

    async def close(self) -> None:
        """There is nothing to stop."""


def cached(
    key: Callable[..., str], ttl: int
) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Rows]]]:
    """Keeps what the function returns under the key that `key` makes of the same arguments."""

    def decorate(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Rows]]:
        @wraps(function)
        async def from_cache(cache: Cache, *arguments: Any) -> Rows:
            name = key(*arguments)
            if (rows := await cache.read(name)) is not None:
                return rows
            fresh: Rows = jsonable_encoder(await function(cache, *arguments))
            await cache.write(name, fresh, ttl)
            return fresh

        return from_cache

    return decorate


def invalidates(
    key: Callable[..., str],
) -> Callable[[Callable[Parameters, Awaitable[Result]]], Callable[Parameters, Awaitable[Result]]]:
    """Deletes a key when the function has returned. `key` makes it of the function's keyword arguments."""

    def decorate(function: Callable[Parameters, Awaitable[Result]]) -> Callable[Parameters, Awaitable[Result]]:
        @wraps(function)
        async def and_delete(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
            result = await function(*arguments, **named)
            cache: Any = named["cache"]
            await cache.delete(key(**named))
            return result

        return and_delete

    return decorate
