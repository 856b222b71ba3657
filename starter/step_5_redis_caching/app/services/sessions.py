"""Login sessions: each refresh token works once, and a session can be ended before its tokens expire."""

from app.core.redis import RedisClient
from app.core.security import Claims

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
        # TODO 5.5: the `jti` names a token. `family` names its session. The first token of a session has none: see
        # app/core/security.py.
        # - Of two requests at the same time only one may get new tokens. If you ask first whether the token was used,
        #   and note it afterwards, both can be told that it was not. Which option of `redis.set` does both at once?
        # - What do you note when a token comes a second time, so that all others of its session are refused too?
        # - How long must Redis remember a used token, and how long an ended session? Which token of it lives longest?
        # - The code is "token_revoked". While Redis is unavailable, raise Unavailable with the code "unavailable".
        raise NotImplementedError("Task 5.5: accept a refresh token once")

    async def end(self, claims: Claims) -> None:
        """End the session of a refresh token: this token, and every token before and after it."""
        # TODO 5.5: what makes `use_up` refuse all tokens of this session?
        raise NotImplementedError("Task 5.5: end a session")
