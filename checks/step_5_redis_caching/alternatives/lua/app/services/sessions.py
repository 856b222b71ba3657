"""Login sessions. Redis knows of each one which token is the present one, once it was refreshed or ended."""

import uuid

from app.core.errors import Unauthorized, Unavailable
from app.core.redis import Command, RedisClient, RedisUnavailable, Result
from app.core.security import LIFETIMES, Claims, Purpose

ROTATE = """
local present = redis.call("GET", KEYS[1]) or ARGV[2]
local next = "ended"
if present == ARGV[1] then next = ARGV[3] end
redis.call("SET", KEYS[1], next, "EX", ARGV[4])
return next
"""
WEEK = int(LIFETIMES[Purpose.REFRESH].total_seconds())


class LoginSessions:
    """What all processes know of sessions."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def exchange(self, claims: Claims) -> str:
        """The id of the next token of the session. Raises Unauthorized for any but the present one, and ends it."""
        next_id = uuid.uuid4().hex
        session = _session(claims)
        arguments = (claims.jti, session, next_id, WEEK)
        present = await self._run(lambda redis: redis.eval(ROTATE, 1, f"session:{session}", *arguments))
        if present != next_id.encode():
            raise Unauthorized("token_revoked", "Please log in again.")
        return next_id

    async def end(self, claims: Claims) -> None:
        """No token of the session works any more."""
        await self._run(lambda redis: redis.set(f"session:{_session(claims)}", "ended", ex=WEEK))

    async def _run(self, command: Command[Result]) -> Result:
        try:
            return await self._redis.run(command, 1.0)
        except RedisUnavailable as error:
            raise Unavailable("unavailable", "Please try again in a moment.") from error


def _session(claims: Claims) -> str:
    return claims.family or claims.jti
