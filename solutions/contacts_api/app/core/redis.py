"""The client for Redis: short timeouts, and a circuit breaker for the time when Redis is unavailable."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

COOL_DOWN = 1.0
"""Seconds after a failure in which no command is sent, so that requests do not wait for a server that is down."""

Result = TypeVar("Result")
Command = Callable[[Redis], Awaitable[Result]]

logger = logging.getLogger(__name__)


class RedisUnavailable(Exception):
    """Redis does not answer, or did not answer a moment ago."""


class RedisClient:
    """Runs commands in Redis. All requests of the application share one client."""

    def __init__(self, url: str, timeout: float) -> None:
        # One retry, for a connection that the server closed while it was idle. By default there are ten.
        self._redis = Redis.from_pool(BlockingConnectionPool.from_url(url, retry=Retry(NoBackoff(), 1)))
        self._timeout = timeout
        self._open_until = 0.0

    async def run(self, command: Command[Result], seconds: float = 0) -> Result:
        """Run a command, for example `lambda redis: redis.get("key")`. Raises RedisUnavailable.

        The command may take as long as the client's timeout, or `seconds` if that is longer.
        """
        now = asyncio.get_running_loop().time()
        if now < self._open_until:
            raise RedisUnavailable
        try:
            async with asyncio.timeout(max(self._timeout, seconds)):
                return await command(self._redis)
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            logger.warning("Redis is unavailable: %s", type(error).__name__)
            self._open_until = now + COOL_DOWN
            raise RedisUnavailable from None

    async def close(self) -> None:
        """Close the connection pool."""
        await self._redis.aclose()
