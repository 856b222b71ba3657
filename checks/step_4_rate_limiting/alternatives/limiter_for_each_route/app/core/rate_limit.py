"""Where requests are counted: in Redis, or in memory while it is unavailable."""

import time
import uuid
from collections import defaultdict, deque
from math import ceil

from app.core.config import Settings
from app.core.redis import RedisClient, RedisUnavailable

# The times of the admitted requests, in milliseconds. Answers for how long the client has to wait, 0 for not at all.
ADMIT = """
local now, times, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - window)
if redis.call('ZCARD', KEYS[1]) < times then
  redis.call('ZADD', KEYS[1], now, ARGV[4])
  redis.call('PEXPIRE', KEYS[1], window)
  return 0
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return tonumber(first[2]) + window - now
"""


class RateLimits:
    """Admits so many requests with one key in a moving window."""

    def __init__(self, settings: Settings, redis: RedisClient) -> None:
        self.enabled = settings.rate_limit_enabled
        self._redis = redis
        self._local: defaultdict[str, deque[int]] = defaultdict(deque)

    async def seconds_to_wait(self, key: str, times: int, seconds: int) -> int:
        """Count a request, and say for how long its client has to wait; 0 if it is admitted."""
        now, window = round(time.time() * 1000), seconds * 1000
        try:
            wait = await self._redis.run(
                lambda redis: redis.eval(ADMIT, 1, f"limit:{key}", now, times, window, uuid.uuid4().hex)  # type: ignore[misc,arg-type,return-value]
            )
        except RedisUnavailable:
            wait = self._in_memory(key, now, times, window)
        return ceil(int(wait) / 1000)

    def _in_memory(self, key: str, now: int, times: int, window: int) -> int:
        admitted = self._local[key]
        while admitted and admitted[0] <= now - window:
            admitted.popleft()
        if len(admitted) < times:
            admitted.append(now)
            return 0
        return admitted[0] + window - now
