"""Login sessions: each refresh token works once, and a session can be ended before its tokens expire."""

import math
import uuid
from datetime import timedelta

from app.core import clock
from app.core.errors import Unauthorized, Unavailable
from app.core.redis import Command, RedisClient, RedisUnavailable, Result
from app.core.security import LIFETIMES, Claims, Purpose

TIMEOUT = 1.0
"""Seconds. A refresh can wait for a busy Redis: it cannot be answered without."""


class LoginSessions:
    """Remembers in Redis, for all processes, which refresh tokens were used and which sessions have ended.

    While Redis is unavailable, no token can be checked. So every method fails closed: it raises Unavailable.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def use_up(self, claims: Claims) -> None:
        """Accept a refresh token, once. Raises Unauthorized for a used token and for one of an ended session.

        A token that comes a second time was copied. Its session ends, for the thief and for the user.
        """
        if await self._is_ended(claims):
            raise _revoked()
        is_first_use = await self._mark_used(claims)
        if is_first_use:
            return
        await self._mark_ended(claims)
        raise _revoked()

    async def end(self, claims: Claims) -> None:
        """End the session of a refresh token: this token, and every token before and after it."""
        ended = await self._is_ended(claims)
        if not ended:
            await self._mark_ended(claims)
            await self._mark_used(claims)

    async def _is_ended(self, claims: Claims) -> bool:
        return bool(await self._run(lambda redis: redis.exists(_ended(claims))))

    async def _mark_used(self, claims: Claims) -> bool:
        """Whether the token was not used before. Of two requests at the same time, Redis tells one that it was first.

        nx: the key is only set if there is none. get: Redis answers with the value that was there before.
        ex: Redis deletes the key when the token has expired.
        """
        mine = uuid.uuid4().hex.encode()  # so that a retry of the client library recognises its own first attempt
        seconds = _seconds(claims.exp - clock.now())
        found = await self._run(lambda redis: redis.set(_used(claims), mine, nx=True, get=True, ex=seconds))
        return found in (None, mine)

    async def _mark_ended(self, claims: Claims) -> None:
        seconds = _seconds(LIFETIMES[Purpose.REFRESH])  # no token of the session lives longer
        await self._run(lambda redis: redis.set(_ended(claims), 1, ex=seconds))

    async def _run(self, command: Command[Result]) -> Result:
        try:
            return await self._redis.run(command, TIMEOUT)
        except RedisUnavailable:
            raise Unavailable("unavailable", "Sessions cannot be checked at the moment. Try again later.") from None


def _used(claims: Claims) -> str:
    return f"refresh:used:{claims.jti}"


def _ended(claims: Claims) -> str:
    return f"refresh:ended:{claims.family or claims.jti}"


def _seconds(lifetime: timedelta) -> int:
    """Whole seconds, rounded up: a key must not expire before the token."""
    return math.ceil(lifetime.total_seconds())


def _revoked() -> Unauthorized:
    return Unauthorized("token_revoked", "You are logged out.")
