"""Rate limits as a middleware of ASGI: requests are counted before the application sees them."""

import hashlib
import time
from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.redis import RedisClient, RedisUnavailable
from app.schemas.base import normalize_email

WINDOW = 60
"""Seconds."""
LIMITS = {"/api/v1/auth/register": 5, "/api/v1/auth/login": 10, "/api/v1/auth/resend-verification": 3}
# Counts in a window that begins with the first request. Answers the count, and for how many seconds it goes on.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
"""


class RateLimitMiddleware:
    """Answers with 429 in place of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._windows: dict[str, tuple[float, int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = LIMITS.get(scope.get("path", "")) if scope.get("method") == "POST" else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        received: list[Message] = []

        async def receive_and_keep() -> Message:
            received.append(await receive())
            return received[-1]

        async def receive_again() -> Message:
            return received.pop(0) if received else await receive()

        redis: RedisClient = scope["app"].state.redis
        async for key in _keys(Request(scope, receive_and_keep)):
            count, left = await self._count(redis, key)
            if count > limit:
                await _refusal(left)(scope, receive, send)
                return
        await self._app(scope, receive_again, send)

    async def _count(self, redis: RedisClient, key: str) -> tuple[int, int]:
        try:
            count, left = await redis.run(lambda client: client.eval(COUNT, 1, key, WINDOW))  # type: ignore[misc,arg-type,return-value]
        except RedisUnavailable:
            return self._count_here(key)
        return int(count), int(left)

    def _count_here(self, key: str) -> tuple[int, int]:
        now = time.time()
        ends_at, count = self._windows.get(key, (0.0, 0))
        if ends_at <= now:
            self._windows = {each: window for each, window in self._windows.items() if window[0] > now}
            ends_at, count = now + WINDOW, 0
        self._windows[key] = ends_at, count + 1
        return count + 1, int(ends_at - now) + 1


async def _keys(request: Request) -> AsyncIterator[str]:
    """What the request is counted by: its client and, for a login, its account."""
    assert request.client is not None
    address = request.client.host
    client = ip_network((address, 64), strict=False) if ip_address(address).version == 6 else address
    yield f"{request.url.path} from {client}"
    if request.url.path.endswith("/login"):
        name = str((await request.form()).get("username", ""))
        try:
            name = normalize_email(name)
        except ValueError:
            name = name.strip()
        yield f"{request.url.path} to {hashlib.sha1(name.encode(errors='replace'), usedforsecurity=False).hexdigest()}"


def _refusal(left: int) -> JSONResponse:
    body = {"detail": "Too many requests. Please wait.", "code": "rate_limited"}
    return JSONResponse(body, status_code=429, headers={"Retry-After": str(min(max(left, 1), WINDOW))})
