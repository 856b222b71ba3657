"""Rate limits: how often a client may call a route. The window moves: it is the last minute before each request."""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.core.config import Settings
from app.core.errors import TooManyRequests
from app.core.redis import RedisClient, RedisUnavailable


def client_address(request: Request) -> str:
    """The address of the client, or the /64 network of its IPv6 address."""
    address = request.client.host if request.client else "127.0.0.1"
    if isinstance(ip_address(address), IPv6Address):
        return str(ip_network(f"{address}/64", strict=False))
    return address


def account(request: Request) -> str:
    """A digest of the account that the request is about."""
    return hashlib.blake2b(request.state.account.encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Limit:
    """How many requests are admitted in a time, and which requests are counted together."""

    item: RateLimitItem
    key: Callable[[Request], str] = client_address


LIMITS = {
    "register": [Limit(parse("5/minute"))],
    "login": [Limit(parse("10/minute")), Limit(parse("10/minute"), key=account)],
    "resend": [Limit(parse("3/minute"))],
}


class RateLimits:
    """Counts requests in Redis or, while it is unavailable, in memory."""

    def __init__(self, settings: Settings, redis: RedisClient) -> None:
        storage = RedisStorage(
            f"async+{settings.redis_url}",
            implementation="redispy",
            wrap_exceptions=True,
            socket_timeout=settings.redis_timeout,
            socket_connect_timeout=settings.redis_timeout,
            retry=Retry(NoBackoff(), 0),
        )
        self._enabled = settings.rate_limit_enabled
        self._redis = redis
        self._shared = MovingWindowRateLimiter(storage)
        self._local = MovingWindowRateLimiter(MemoryStorage())

    async def count(self, route: str, request: Request) -> None:
        """Count a request. Raises TooManyRequests."""
        if not self._enabled:
            return
        try:
            await self._redis.run(Redis.ping)
            await _count(self._shared, route, request)
        except (RedisUnavailable, StorageError):
            await _count(self._local, route, request)


async def _count(limiter: MovingWindowRateLimiter, route: str, request: Request) -> None:
    for limit in LIMITS[route]:
        identifiers = route, limit.key(request)
        if not await limiter.hit(limit.item, *identifiers):
            stats = await limiter.get_window_stats(limit.item, *identifiers)
            wait = max(1, math.ceil(stats.reset_time - time.time()))
            raise TooManyRequests("rate_limited", "That was too often. Wait a moment.", wait)
