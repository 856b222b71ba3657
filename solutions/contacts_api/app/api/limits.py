"""Limits of how often a client may call a route, as dependencies of the route.

They come before the route's own dependencies, so that attempts count which are refused afterwards. Those that are no
coroutines FastAPI calls in a thread: they wait for Redis.
"""

from typing import Annotated

from fastapi import Depends, Request

from app.core.rate_limit import RateLimits


async def get_rate_limits(request: Request) -> RateLimits:
    """The limits, one set for the whole application."""
    rate_limits: RateLimits = request.app.state.rate_limits
    return rate_limits


RateLimitsDep = Annotated[RateLimits, Depends(get_rate_limits)]


async def note_account(request: Request) -> None:
    """Puts the account that somebody wants to log in to where the limit per account looks for it."""
    request.state.account = str((await request.form()).get("username", ""))


def limit_registering(request: Request, limits: RateLimitsDep) -> None:
    """Raises TooManyRequests."""
    limits.register(request)


def limit_logging_in(request: Request, limits: RateLimitsDep, _noted: Annotated[None, Depends(note_account)]) -> None:
    """Raises TooManyRequests."""
    limits.log_in(request)


def limit_resending(request: Request, limits: RateLimitsDep) -> None:
    """Raises TooManyRequests."""
    limits.resend(request)
