"""Rate limits: how often a client may call a route."""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from typing import Any

from fastapi import Request
from redis.asyncio import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from slowapi import Limiter
from slowapi.errors import RateLimitExceeded
from slowapi.util import get_remote_address
from starlette.concurrency import run_in_threadpool

from app.core.config import Settings
from app.core.errors import TooManyRequests
from app.core.redis import RedisClient, RedisUnavailable


def client_address(request: Request) -> str:
    """The address of the client. An IPv6 client owns a whole /64 network, so all its addresses count as one.

    It is the address of the connection. Behind a proxy, the server replaces it: see `FORWARDED_ALLOW_IPS`.
    """
    address = get_remote_address(request)
    return str(ip_network((address, 64), strict=False)) if _is_ipv6(address) else address


def account(request: Request) -> str:
    """A digest of the account that the request is about, so that no e-mail address is stored in Redis or logged."""
    return hashlib.sha256(request.state.account.encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Limit:
    """A rate such as `5/minute`, and which requests are counted together."""

    rate: str
    key: Callable[[Request], str] = client_address


# The limit by address comes first, so that requests that it refuses do not use up the limit of an account.
LIMITS = {
    "register": [Limit("5/minute")],
    "login": [Limit("10/minute"), Limit("10/minute", key=account)],
    "resend": [Limit("3/minute")],
    "password_reset": [Limit("3/minute"), Limit("3/hour", key=account)],
}


class RateLimits:
    """Counts requests in Redis, for all processes. While Redis is unavailable, each process counts in its memory."""

    def __init__(self, settings: Settings, redis: RedisClient) -> None:
        options = {
            "socket_timeout": settings.redis_timeout,
            "socket_connect_timeout": settings.redis_timeout,
            "retry": Retry(NoBackoff(), 0),
        }
        self._settings = settings
        self._redis = redis
        self._shared = Counters(storage_uri=settings.redis_url, storage_options=options)
        self._local = Counters(storage_uri="memory://")

    async def count(self, route: str, request: Request) -> None:
        """Count a request of a route in `LIMITS`. Raises TooManyRequests."""
        if not self._settings.rate_limit_enabled:
            return
        try:
            await self._redis.run(Redis.ping)  # the circuit breaker knows whether it makes sense to ask Redis
            await run_in_threadpool(self._shared.count, route, request)  # SlowAPI's client for Redis blocks
        except (RedisUnavailable, RedisError):
            self._local.count(route, request)


class Counters:
    """The counters of all routes, in one storage. SlowAPI counts the calls of functions, so each route has one."""

    def __init__(self, **storage: Any) -> None:
        self._limiter = Limiter(key_func=client_address, key_style="endpoint", **storage)
        self._functions = {name: self._function(name, limits) for name, limits in LIMITS.items()}

    def count(self, route: str, request: Request) -> None:
        """Raises TooManyRequests, and RedisError while Redis does not answer."""
        try:
            self._functions[route](request)
        except RateLimitExceeded:
            wait = self._seconds_to_wait(request)
            raise TooManyRequests("rate_limited", "Too many requests. Try again later.", wait) from None

    def _function(self, name: str, limits: list[Limit]) -> Callable[[Request], None]:
        def function(request: Request) -> None:
            pass

        function.__name__ = name  # a part of each counter's key
        for limit in limits:  # they are checked in the order in which they decorate the function
            function = self._limiter.limit(limit.rate, key_func=limit.key)(function)
        return function

    def _seconds_to_wait(self, request: Request) -> int:
        limit, key = request.state.view_rate_limit
        try:
            ends_at = self._limiter.limiter.get_window_stats(limit, *key).reset_time
        except RedisError:
            return int(limit.get_expiry())
        return max(1, math.ceil(ends_at - time.time()))


def _is_ipv6(address: str) -> bool:
    """Whether this is an IPv6 address, and not an IPv4 address as an IPv6 socket shows it: `::ffff:192.0.2.1`."""
    try:
        return IPv6Address(address).ipv4_mapped is None
    except ValueError:
        return False
