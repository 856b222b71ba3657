"""Sessions: what begins with a login and lives on in refresh tokens, each of which works once."""

import math
import uuid
from datetime import timedelta

from app.core import clock
from app.core.errors import Unauthorized
from app.core.redis import PatientRedis, RedisAway
from app.core.security import LIFETIMES, Claims, Purpose

MOST_REMEMBERED = 100_000
"""Tokens: about 20 MB."""


class LoginSessions:
    """Knows which tokens do not work any more, though they have not expired.

    Redis tells all processes. What this process has found out itself it remembers too, for when Redis is away: then a
    token could be used once in each process, but never twice in one.
    """

    def __init__(self, redis: PatientRedis) -> None:
        self._redis = redis
        self._remembered: dict[str, None] = {}

    async def use_up(self, claims: Claims) -> None:
        """Takes a token in exchange for the next one of its session. Raises Unauthorized when it works no more.

        A token that comes a second time was stolen, or its successor was: nobody can tell who is who, so both are out.
        """
        if await self._is_marked(_ended(claims)):
            raise _revoked()
        if not await self._mark(_used(claims), claims.exp - clock.now()):
            await self.end_session(claims)
            raise _revoked()

    async def end_session(self, claims: Claims) -> None:
        """Ends the session of a token: neither this one works from now on, nor those that came and will come of it."""
        await self._mark(_used(claims), claims.exp - clock.now())
        await self._mark(_ended(claims), LIFETIMES[Purpose.REFRESH])

    async def _is_marked(self, key: str) -> bool:
        if key in self._remembered:
            return True
        try:
            return bool(await self._redis.ask(lambda redis: redis.exists(key)))
        except RedisAway:
            return False

    async def _mark(self, key: str, lifetime: timedelta) -> bool:
        """Whether this was the first to mark `key`. Of many who try at the same time, one is."""
        if key in self._remembered:
            return False
        self._remember(key)
        mine = uuid.uuid4().hex.encode()  # tells our own mark, should the connection break and the library try again
        seconds = _seconds(lifetime)
        try:
            first = await self._redis.ask(lambda redis: redis.set(key, mine, nx=True, get=True, ex=seconds))
        except RedisAway:
            await self._redis.tell(key, lambda redis: redis.set(key, mine, ex=seconds))
            return True
        return first in (None, mine)

    def _remember(self, key: str) -> None:
        self._remembered[key] = None
        if len(self._remembered) > MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]  # the oldest: it is the next to expire anyway


def _used(claims: Claims) -> str:
    return f"refresh:used:{claims.jti}"


def _ended(claims: Claims) -> str:
    return f"refresh:ended:{claims.family or claims.jti}"


def _seconds(lifetime: timedelta) -> int:
    """Full seconds, as Redis counts: rather one too many than one too few."""
    return math.ceil(lifetime.total_seconds())


def _revoked() -> Unauthorized:
    return Unauthorized("token_revoked", "This session has ended. Log in again.")
