"""Rate limits: how often a client may call a route, counted by the minutes of the clock."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_interface

from fastapi import Request
from redis.asyncio import Redis

from app.core.config import Settings
from app.core.errors import TooManyRequests
from app.core.redis import RedisClient, RedisUnavailable

MINUTE = 60
"""Seconds."""
Key = Callable[[Request], str]


def by_client(request: Request) -> str:
    """An IPv4 address, or an IPv6 network."""
    host = request.client.host if request.client else "::"
    return str(ip_interface(f"{host}/{64 if ':' in host else 32}").network)


def by_account(request: Request) -> str:
    """A digest of the name that the client wants to log in with."""
    return hashlib.md5(request.state.account.encode(errors="replace"), usedforsecurity=False).hexdigest()


LIMITS: dict[str, list[tuple[int, Key]]] = {
    "register": [(5, by_client)],
    "login": [(10, by_client), (10, by_account)],
    "resend": [(3, by_client)],
}


class RateLimits:
    """Counts the requests of each minute."""

    def __init__(self, settings: Settings, redis: RedisClient) -> None:
        self._settings = settings
        self._redis = redis
        self._minute = 0
        self._counts: Counter[str] = Counter()

    async def count(self, route: str, request: Request) -> None:
        """Count a request. Raises TooManyRequests."""
        if not self._settings.rate_limit_enabled:
            return
        now = time.time()
        for most, key in LIMITS[route]:
            if await self._counted(f"{route}/{key(request)}", int(now // MINUTE)) > most:
                raise TooManyRequests("rate_limited", "Too many requests in this minute.", MINUTE - int(now % MINUTE))

    async def _counted(self, key: str, minute: int) -> int:
        """How many requests with this key there were in this minute, with this one."""

        async def transaction(redis: Redis) -> int:
            async with redis.pipeline(transaction=True) as pipeline:
                name = f"minute:{minute}/{key}"
                return int((await pipeline.incr(name).expire(name, 2 * MINUTE).execute())[0])

        try:
            return await self._redis.run(transaction)
        except RedisUnavailable:
            if minute != self._minute:
                self._minute, self._counts = minute, Counter()
            self._counts[key] += 1
            return self._counts[key]
