"""A cache whose entries belong to a group, and are out of date when anything in the group changes."""

import json
from collections.abc import Awaitable, Callable

from app.core.redis import RedisClient, RedisUnavailable

READ = """return {redis.call("GET", KEYS[1]), redis.call("GET", KEYS[2]) or "0"}"""
WRITE = """
if (redis.call("GET", KEYS[2]) or "0") ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
redis.call("SADD", KEYS[3], KEYS[1])
redis.call("EXPIRE", KEYS[3], ARGV[3])
return 1
"""
CHANGE = """
redis.call("INCR", KEYS[1])
redis.call("EXPIRE", KEYS[1], 86400)
for _, key in ipairs(redis.call("SMEMBERS", KEYS[2])) do redis.call("DEL", key) end
redis.call("DEL", KEYS[2])
return 1
"""


class Cache:
    """Texts in Redis, each in a group. Every change of a group has a number."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def get_or_set_cache(self, group: str, key: str, ttl: int, loader: Callable[[], Awaitable[bytes]]) -> bytes:
        """The text under the key, loaded if there is none. It is not stored if the group changed meanwhile."""
        try:
            known, number = await self._redis.run(lambda redis: redis.eval(READ, 2, key, f"changes:{group}"))
        except RedisUnavailable:
            return await loader()
        if isinstance(known, bytes) and _is_json(known):
            return known
        text = await loader()
        names = (key, f"changes:{group}", f"cached:{group}")
        try:
            await self._redis.run(lambda redis: redis.eval(WRITE, 3, *names, number, text, ttl))
        except RedisUnavailable:
            return text
        return text

    async def invalidate(self, group: str) -> None:
        """Forgets all of the group."""
        try:
            await self._redis.run(lambda redis: redis.eval(CHANGE, 2, f"changes:{group}", f"cached:{group}"))
        except RedisUnavailable:
            return

    async def close(self) -> None:
        """Nothing to close."""


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
