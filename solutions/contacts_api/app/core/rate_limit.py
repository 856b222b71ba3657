"""How often one client may try what costs us much, or tells guessers something."""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from slowapi import Limiter
from slowapi.errors import RateLimitExceeded
from slowapi.util import get_remote_address

from app.core.config import Settings
from app.core.errors import TooManyRequests

REDIS_TIMEOUT = 0.08
"""Seconds until a Redis that does not answer counts as away. One request may ask it twice."""

Count = Callable[[Request], None]


@dataclass(frozen=True)
class RateLimits:
    """Functions that count a request, and raise TooManyRequests when there were too many.

    They wait for Redis, so they are called in a thread: FastAPI does that with dependencies that are no coroutines.
    """

    register: Count
    log_in: Count
    resend: Count


def create_rate_limits(settings: Settings) -> RateLimits:
    """The limits, counted in Redis for all processes; while it is away each process counts in its own memory."""
    options: dict[str, Any] = {
        "socket_timeout": REDIS_TIMEOUT,
        "socket_connect_timeout": REDIS_TIMEOUT,
        "retry": Retry(NoBackoff(), 0),
    }
    limiter = Limiter(
        key_func=get_remote_address,  # of the connection; which proxy may name another one is the server's business
        key_style="endpoint",
        storage_uri=settings.redis_url,
        storage_options=options,
        in_memory_fallback_enabled=True,
        enabled=settings.rate_limit_enabled,
    )

    @limiter.limit("5/minute")
    def register(request: Request) -> None:
        """SlowAPI counts calls of functions such as this one."""

    # From below: who tries too often from one address cannot use up the tries of an account too.
    @limiter.limit("10/minute", key_func=_account)
    @limiter.limit("10/minute")
    def log_in(request: Request) -> None:
        """Right and wrong passwords count alike."""

    @limiter.limit("3/minute")
    def resend(request: Request) -> None:
        """Every message costs."""

    return RateLimits(*[_in_our_words(limiter, count) for count in (register, log_in, resend)])


def _account(request: Request) -> str:
    """The account that somebody wants to log in to, whether it exists or not, but no address that logs could tell."""
    return hashlib.sha256(request.state.account.lower().encode(errors="surrogatepass")).hexdigest()


def _in_our_words(limiter: Limiter, count: Count) -> Count:
    def count_or_refuse(request: Request) -> None:
        try:
            count(request)
        except RateLimitExceeded:
            wait = _seconds_to_wait(limiter, request)
            raise TooManyRequests("rate_limited", "That was too often. Try again later.", wait) from None

    return count_or_refuse


def _seconds_to_wait(limiter: Limiter, request: Request) -> int:
    limit, key = request.state.view_rate_limit
    try:
        ends_at = limiter.limiter.get_window_stats(limit, *key).reset_time
    except RedisError:
        return int(limit.get_expiry())
    return max(1, math.ceil(ends_at - time.time()))
