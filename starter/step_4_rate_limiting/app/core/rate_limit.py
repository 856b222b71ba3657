"""Rate limits: how often a client may call a route."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from redis.backoff import NoBackoff
from redis.retry import Retry
from slowapi import Limiter

from app.core.config import Settings
from app.core.redis import RedisClient


def client_address(request: Request) -> str:
    """The address of the client. An IPv6 client owns a whole /64 network, so all its addresses count as one.

    It is the address of the connection. Behind a proxy, the server replaces it: see `FORWARDED_ALLOW_IPS`.
    """
    # TODO 4.1: SlowAPI's get_remote_address(request) answers with the address of the connection.
    # TODO 4.2: for IPv6, answer with the network. `ip_network` of the standard library computes it. For an IPv4
    # address, a prefix of 64 bits is too long: `ip_network` raises ValueError.
    raise NotImplementedError("Task 4.1: find the address of the client")


def account(request: Request) -> str:
    """A digest of the account that the request is about, so that no e-mail address is stored in Redis or logged."""
    # TODO 4.3: make it from request.state.account, for example with SHA-256.
    raise NotImplementedError("Task 4.3: name the account")


@dataclass(frozen=True)
class Limit:
    """A rate such as `5/minute`, and which requests are counted together."""

    rate: str
    key: Callable[[Request], str] = client_address


LIMITS: dict[str, list[Limit]] = {
    "register": [],  # TODO 4.1: Limit("5/minute")
    "login": [],  # TODO 4.3: two limits, by address and by account. In which order? (The checks accept both orders.)
    "resend": [],  # TODO 4.3
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
        # TODO 4.1: count it in self._local, unless the limits are switched off.
        # TODO 4.5: count it in self._shared, and in self._local only while Redis is unavailable.
        # - `await self._redis.run(Redis.ping)` raises RedisUnavailable, at once during an outage. This `Redis` comes
        #   from redis.asyncio.
        # - SlowAPI's own client for Redis blocks, and raises RedisError. What did step 3 do with a call that blocks?
        raise NotImplementedError("Task 4.1: count a request")


class Counters:
    """The counters of all routes, in one storage. SlowAPI counts the calls of functions, so each route has one."""

    def __init__(self, **storage: Any) -> None:
        self._limiter = Limiter(key_func=client_address, key_style="endpoint", **storage)
        self._functions = {name: self._function(name, limits) for name, limits in LIMITS.items()}

    def count(self, route: str, request: Request) -> None:
        """Raises TooManyRequests, and RedisError while Redis does not answer."""
        # TODO 4.1: call the function of this route, self._functions[route], with the request: SlowAPI counts that.
        # TODO 4.4: SlowAPI raises RateLimitExceeded. Raise TooManyRequests of app/core/errors.py in its place.
        raise NotImplementedError("Task 4.1: count a request in this storage")

    def _function(self, name: str, limits: list[Limit]) -> Callable[[Request], None]:
        def function(request: Request) -> None:
            pass

        function.__name__ = name  # a part of each counter's key
        for limit in limits:  # they are checked in the order in which they decorate the function
            function = self._limiter.limit(limit.rate, key_func=limit.key)(function)
        return function

    def _seconds_to_wait(self, request: Request) -> int:
        # TODO 4.4: SlowAPI leaves the exceeded limit and the parts of its key in request.state.view_rate_limit.
        # `self._limiter.limiter.get_window_stats(limit, *key).reset_time` is the end of its window, in seconds since
        # 1970. How many whole seconds does the client have to wait, at least?
        raise NotImplementedError("Task 4.4: say when the client may come back")
