"""Task 5.1: cache-aside, with other data."""

import json
from datetime import date
from random import Random

from courseware.checking import Redis, check
from step_5_redis_caching.birthdays import KEYS, born, days_from, freshly_listed, listed
from users import User


@check(
    task="5.1",
    points=1,
    hints=(
        "The key is deleted, stored again, and replaced. What does the next request answer each time?",
        "With a value under the key the value is answered, and without one the list is loaded and stored.",
        "Read Redis for each request. Keep no answer in a variable of the application.",
    ),
    needs=("answer_is_stored_as_json",),
)
def test_cache_is_read_each_time(newcomer: User, redis: Redis, today: date, random: Random) -> None:
    """Whatever another program stores or deletes under the key, the next request notices."""
    contact = newcomer.create(born(today, random)).expect_success(201, key="not_created").typed(dict)
    loaded = freshly_listed(newcomer, redis)
    name = redis.only_key(KEYS, asked=str(loaded.request), key="not_stored")
    for count in random.sample(range(1, 8), 3):
        planted = [
            {**contact, "last_name": f"Ґ{number} ‘x’", "next_birthday": day.isoformat(), "days_until": number}
            for number, day in enumerate(days_from(today, *range(count)))
        ]
        redis.set(name, json.dumps(planted), seconds=60)
        answer = listed(newcomer)
        if answer.json != planted:
            raise answer.failed("stored_answer_ignored", f"what is stored: {planted}", str(answer))
        redis.delete(name)
        listed(newcomer).expect_same_json(loaded, key="not_loaded_again")
        stored = redis.json(name, asked=f"GET {name} in Redis", key="not_stored_again")
        if stored != loaded.json:
            raise answer.failed("stored_otherwise", f"in Redis: {loaded}", str(stored))
