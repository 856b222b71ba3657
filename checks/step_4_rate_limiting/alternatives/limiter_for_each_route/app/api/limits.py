"""Rate limits as dependencies: each route makes its own."""

import hashlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from ipaddress import ip_address, ip_network

from fastapi import Request

from app.core.errors import TooManyRequests, error_answers
from app.core.rate_limit import RateLimits
from app.schemas.base import normalize_email

Identifier = Callable[[Request], Awaitable[str]]
LIMIT_ERRORS = error_answers(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited")


async def client(request: Request) -> str:
    """The address of the client, as far as it cannot change it."""
    assert request.client is not None
    address = ip_address(request.client.host)
    return str(address) if address.version == 4 else str(ip_network((int(address) >> 64 << 64, 64)))


async def account(request: Request) -> str:
    """The account that the form of a login names."""
    form = await request.form()
    name = str(form.get("username") or "")
    try:
        name = normalize_email(name)
    except ValueError:
        name = name.strip().casefold()
    return hashlib.sha256(repr(name).encode()).hexdigest()


class RateLimiter:
    """Admits so many requests in so many seconds, counted by what `identifier` says of a request."""

    def __init__(self, times: int, seconds: int, identifier: Identifier = client) -> None:
        self._times = times
        self._seconds = seconds
        self._identifier = identifier

    async def __call__(self, request: Request) -> None:
        limits: RateLimits = request.app.state.rate_limits
        if not limits.enabled:
            return
        key = f"{request.url.path}:{self._identifier.__name__}:{await self._identifier(request)}"
        wait = await limits.seconds_to_wait(key, self._times, self._seconds)
        if wait > 0:
            raise TooManyRequests("rate_limited", f"Try again in {wait} seconds.", min(wait, self._seconds))
