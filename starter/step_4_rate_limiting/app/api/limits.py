"""Rate limits as dependencies of routes.

A route names them in `dependencies`, which run before its own: a request that is refused afterwards counts too.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request

from app.core.errors import error_answers
from app.core.rate_limit import RateLimits


async def get_rate_limits(request: Request) -> RateLimits:
    """The limits, one set for the whole application."""
    rate_limits: RateLimits = request.app.state.rate_limits
    return rate_limits


RateLimitsDep = Annotated[RateLimits, Depends(get_rate_limits)]
LIMIT_ERRORS = error_answers(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited")
"""For `responses` of a route with a limit: what the documentation says of its 429."""


async def limit_registration(request: Request, limits: RateLimitsDep) -> None:
    """Raises TooManyRequests."""
    # TODO 4.1: count the request. The route in app/api/v1/auth.py then names this function in its decorator:
    # dependencies=[Depends(limit_registration)]
    raise NotImplementedError("Task 4.1: count a registration")


async def limit_login(request: Request, limits: RateLimitsDep) -> None:
    """Raises TooManyRequests."""
    # TODO 4.3: write down in request.state.account which account the request is about, then count it.
    # - The e-mail address is the field `username` of a form. Both you and the route may call `await request.form()`.
    # - In how many ways can a client write one address? app/schemas/base.py has a function that makes them equal.
    # - That function raises ValueError for a text that is no address. Such a request counts too.
    # - The form may have no `username`, and the field may be a file. The route answers both with 422. Both count too.
    raise NotImplementedError("Task 4.3: count a login")


async def limit_resend(request: Request, limits: RateLimitsDep) -> None:
    """Raises TooManyRequests."""
    # TODO 4.3: count the request.
    raise NotImplementedError("Task 4.3: count a request for another message")
