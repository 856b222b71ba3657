"""Redis, which may be away at any time: nobody waits for it long, and what it must learn is not lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

PATIENCE = 0.1
"""Seconds until a Redis that does not answer counts as away."""
PAUSE = 1.0
"""Seconds until somebody asks it again: those who come in between need not wait at all."""

Result = TypeVar("Result")
Operation = Callable[["Redis"], Awaitable[Any]]

logger = logging.getLogger(__name__)


class RedisAway(Exception):
    """Redis does not answer, or did not a moment ago."""


class PatientRedis:
    """Redis, asked with a time limit. Its commands are called inside of `ask` and `tell`."""

    def __init__(self, url: str) -> None:
        # One retry, for connections that broke while nobody used them. The library's own ten would take seconds.
        pool = BlockingConnectionPool.from_url(url, retry=Retry(NoBackoff(), 1))
        self._redis = Redis.from_pool(pool)
        self._away_until = 0.0
        self._untold: dict[str, Operation] = {}
        self._retelling: asyncio.Task[None] | None = None

    async def ask(self, operation: Callable[[Redis], Awaitable[Result]]) -> Result:
        """What `operation` finds. Raises RedisAway."""
        now = asyncio.get_running_loop().time()
        if now < self._away_until:
            raise RedisAway
        try:
            async with asyncio.timeout(PATIENCE):
                await self._tell_the_untold()
                return await operation(self._redis)
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            logger.warning("Redis is away: %s", type(error).__name__)
            self._away_until = now + PAUSE
            raise RedisAway from None

    async def tell(self, name: str, operation: Operation) -> None:
        """Carries out `operation` now, or as soon as Redis is back; of several with one name only the last."""
        self._untold[name] = operation
        with suppress(RedisAway):
            await self.ask(_nothing)
        if self._untold and (self._retelling is None or self._retelling.done()):
            self._retelling = asyncio.create_task(self._retell())

    async def close(self) -> None:
        """Hangs up."""
        if self._retelling:
            self._retelling.cancel()
        await self._redis.aclose()

    async def _tell_the_untold(self) -> None:
        for name, operation in list(self._untold.items()):
            await operation(self._redis)
            if self._untold.get(name) is operation:  # and no newer one, from another request
                del self._untold[name]

    async def _retell(self) -> None:
        """Asks again and again: other processes must not wait for the next request that comes to this one."""
        while self._untold:
            await asyncio.sleep(PAUSE)
            with suppress(RedisAway):
                await self.ask(_nothing)


async def _nothing(_redis: Redis) -> None:
    """What is asked in order to tell."""
