"""Reading and writing JSON in Redis; whoever calls decides when."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from pydantic import TypeAdapter, ValidationError

from app.core.redis import RedisClient, RedisUnavailable
from app.schemas.contact import UpcomingBirthday

Birthdays = TypeAdapter(list[UpcomingBirthday])


class Cache:
    """Lists of birthdays in Redis."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def get_or_set_cache(
        self, key: str, ttl: int, loader: Callable[[], Awaitable[list[UpcomingBirthday]]]
    ) -> list[UpcomingBirthday]:
        """The list under the key. Without one, or without Redis, the loader's."""
        try:
            stored: bytes | None = await self._redis.run(lambda redis: redis.get(key))
            if stored is not None:
                return Birthdays.validate_json(stored)
        except RedisUnavailable:
            return await loader()
        except ValidationError:
            pass
        loaded = await loader()
        content = Birthdays.dump_json(loaded)
        with suppress(RedisUnavailable):
            await self._redis.run(lambda redis: redis.setex(key, ttl, content))
        return loaded

    async def delete(self, key: str) -> bool:
        """Whether the key is gone."""
        try:
            await self._redis.run(lambda redis: redis.unlink(key))
        except RedisUnavailable:
            return False
        return True

    async def close(self) -> None:
        """Nothing runs in the background."""
