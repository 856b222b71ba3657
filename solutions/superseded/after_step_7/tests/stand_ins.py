"""Clients that stand in for the application's client of Redis."""

from typing import Any
from unittest.mock import AsyncMock

from redis.asyncio import Redis

from app.core.redis import Command, RedisClient, RedisUnavailable


def client_of(redis: Redis) -> RedisClient:
    """A client that runs each command in the Redis of the test."""

    async def run(command: Command[Any], _seconds: float = 0) -> Any:
        return await command(redis)

    return AsyncMock(spec=RedisClient, run=run)


def client_without_redis() -> RedisClient:
    """A client that fails as if Redis did not answer."""
    return AsyncMock(spec=RedisClient, run=AsyncMock(side_effect=RedisUnavailable))
