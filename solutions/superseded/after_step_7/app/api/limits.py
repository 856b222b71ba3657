"""Rate limits as dependencies of routes.

A route names them in `dependencies`, which run before its own: a request that is refused afterwards counts too.
"""

from contextlib import suppress
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request

from app.core.errors import error_answers
from app.core.rate_limit import RateLimits
from app.schemas.base import normalize_email


async def get_rate_limits(request: Request) -> RateLimits:
    """The limits, one set for the whole application."""
    rate_limits: RateLimits = request.app.state.rate_limits
    return rate_limits


RateLimitsDep = Annotated[RateLimits, Depends(get_rate_limits)]
LIMIT_ERRORS = error_answers(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited")


async def limit_registration(request: Request, limits: RateLimitsDep) -> None:
    """Raises TooManyRequests."""
    await limits.count("register", request)


async def limit_login(request: Request, limits: RateLimitsDep) -> None:
    """Raises TooManyRequests."""
    username = str((await request.form()).get("username", ""))
    with suppress(ValueError):  # what is no address is no account either, and is counted as it is
        username = normalize_email(username)
    request.state.account = username
    await limits.count("login", request)


async def limit_resend(request: Request, limits: RateLimitsDep) -> None:
    """Raises TooManyRequests."""
    await limits.count("resend", request)
