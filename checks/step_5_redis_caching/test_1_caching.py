"""Task 5.1: cache-aside."""

import json
from datetime import date, timedelta
from random import Random

from courseware.checking import Application, Clock, FaultMode, Redis, Request, check, expect, wait_until
from step_5_redis_caching.birthdays import KEYS, REDIS_SOON_GIVEN_UP, born, days_from, freshly_listed, listed, listing
from step_5_redis_caching.people import Person, noon
from users import API, User

STORED = ("answer_is_stored_as_json",)
HOUR = 3600
STATED = 10
"""Seconds in which a request reaches Redis."""
SLOW = 60
"""Seconds that a check may take itself."""


@check(
    task="5.1",
    points=4,
    hints=(
        "Call GET /contacts/birthdays in Swagger UI. If it answers 500, the last line of the terminal says why.",
        "The method does three things on a miss: it awaits the loader, stores the value in Redis, and returns it.",
        "await self._redis.run(lambda redis: redis.set(key, value, ex=ttl)) stores the bytes as the loader made them.",
    ),
)
def test_answer_is_stored_as_json(newcomer: User, redis: Redis) -> None:
    """GET /contacts/birthdays answers 200 with a list, and Redis then has one key with the JSON of this answer."""
    answer = freshly_listed(newcomer, redis)
    name = redis.only_key(KEYS, asked=str(answer.request), key="not_stored")
    stored = redis.json(name, asked=f"GET {name} in Redis", key="stored_otherwise")
    expect(stored == answer.json, "stored_otherwise", asked=f"GET {name}", expected=str(answer.json), got=str(stored))


@check(
    task="5.1",
    points=3,
    hints=(
        "What does the command TTL of Redis say of your key, and what does it say after another request?",
        "The number of seconds is the parameter `ttl`. It counts from the moment when the value is stored.",
        "redis.set(key, value, ex=ttl) when a value is stored; a hit only reads, with redis.get(key).",
    ),
    needs=STORED,
)
def test_answer_is_kept_for_an_hour(
    new_person: Person, redis: Redis, clock: Clock, today: date, random: Random
) -> None:
    """The key expires 3600 seconds after it was stored, also if it is read meanwhile. Then a new answer is stored."""
    user = new_person.log_in()
    user.created(born(today, random))
    asked = str(freshly_listed(user, redis).request)
    name = redis.only_key(KEYS, asked=asked, key="not_stored")
    for minutes in (0, 29):
        clock.move(noon(today) + timedelta(minutes=minutes))
        listed(new_person.log_in())
        left = redis.ttl(name, asked=f"TTL {name}", key="expired_early")
        rest = HOUR - 60 * minutes
        right = left is not None and rest - SLOW <= left <= rest + SLOW
        got = "no time to live" if left is None else f"{left:.0f} s"
        expect(right, "wrong_time_to_live", asked=f"TTL {name}, {minutes} minutes later", expected=f"{rest} s", got=got)
    clock.move(noon(today) + timedelta(minutes=61))
    expect(not redis.keys(KEYS), "outlives_the_hour", asked="KEYS * after 61 minutes", expected="none", got=name)
    listed(new_person.log_in())
    redis.only_key(KEYS, asked=f"{asked} after 61 minutes", key="not_stored_again")


@check(
    task="5.1",
    points=3,
    hints=(
        "The check puts another list under your key. What do you answer then?",
        "Something is written into the cache. Is it ever read?",
        "stored = await self._redis.run(lambda redis: redis.get(key)), and `return stored` unless it is None.",
    ),
    needs=STORED,
)
def test_stored_answer_is_used(newcomer: User, redis: Redis, today: date, random: Random) -> None:
    """While Redis has a value under the key, this value is answered, whatever is in the database."""
    contact = newcomer.create(born(today, random)).expect_success(201, key="not_created").typed(dict)
    name = redis.only_key(KEYS, asked=str(freshly_listed(newcomer, redis).request), key="not_stored")
    for days in (3, 5):
        [day] = days_from(today, days)
        planted = [{**contact, "first_name": f"Planted {days}", "next_birthday": day.isoformat(), "days_until": days}]
        redis.set(name, json.dumps(planted), seconds=HOUR)
        answer = listed(newcomer)
        if answer.json != planted:
            raise answer.failed("stored_answer_ignored", f"what is stored: {planted}", str(answer))


@check(
    task="5.1",
    points=1,
    hints=(
        "What do you answer when `[]` is in the cache?",
        "In Python an empty list is false, and so are empty bytes. Redis answers None if there is no key.",
        "Compare with None: `if stored is not None`.",
    ),
    needs=STORED,
)
def test_empty_answer_is_an_answer(newcomer: User, redis: Redis, today: date, random: Random) -> None:
    """If the stored list is empty, the empty list is answered, also if the database has a birthday."""
    newcomer.created(born(today, random))
    name = redis.only_key(KEYS, asked=str(freshly_listed(newcomer, redis).request), key="not_stored")
    redis.set(name, "[]", seconds=HOUR)
    answer = listed(newcomer)
    if answer.json != []:
        raise answer.failed("empty_answer_ignored", "[], which is stored", str(answer))
    left = redis.text(name, asked=f"GET {name}", key="empty_answer_replaced")
    expect(left == "[]", "empty_answer_replaced", asked=f"GET {name} in Redis", expected="[]", got=left)


@check(
    task="5.1",
    points=2,
    hints=(
        "Other programs write into the same Redis, and so did the last version of yours. What if a value is no JSON?",
        "Such a value is worth as much as none. Where do you notice it, before the client does?",
        "pydantic_core.from_json(stored) raises ValueError: then load a value and store it.",
    ),
    needs=STORED,
)
def test_value_that_is_no_json_is_a_miss(newcomer: User, redis: Redis) -> None:
    """If the value under the key is no JSON, the list is loaded and answered with 200."""
    expected = freshly_listed(newcomer, redis)
    name = redis.only_key(KEYS, asked=str(expected.request), key="not_stored")
    for value in (b"no JSON", b"[{", b"\x80\x05]\x94.", b""):
        redis.set(name, value, seconds=HOUR)
        answer = newcomer.application.send(listing(newcomer)).expect_status(200, key="broken_value_breaks_the_answer")
        answer.expect_same_json(expected, key="broken_value_answered")


@check(
    task="5.1",
    points=1,
    hints=(
        "Can your application work for a day without its cache?",
        "`run` raises RedisUnavailable when it reads, and again when it stores. The client should notice neither.",
        "`with suppress(RedisUnavailable):` around each of the two commands, and nothing but the command in it.",
    ),
    needs=STORED,
    environment=REDIS_SOON_GIVEN_UP,
)
def test_cache_may_fail(application: Application, newcomer: User, redis: Redis) -> None:
    """While Redis refuses connections, closes them or does not answer, the list and /health still answer with 200."""
    expected = freshly_listed(newcomer, redis)
    for mode in (FaultMode.REFUSES, FaultMode.DROPS, FaultMode.STALLS):
        redis.set_fault(mode)
        answer = application.send(listing(newcomer)).expect_status(200, key="fails_without_redis")
        answer.expect_same_json(expected, key="another_answer_without_redis")
        application.send(Request("GET", f"{API}/health")).expect_status(200, key="others_fail_without_redis")
    redis.wait_until_used(
        lambda: application.send(listing(newcomer)), asked=str(expected.request), key="cache_stays_off"
    )


@check(
    task="5.1",
    points=1,
    hints=(
        "Redis takes its time. Who waits for it: the request that asked, or all of them?",
        "A client without `await` blocks the event loop while it waits, and no other request is answered.",
        "Run commands by `await self._redis.run(...)`, whose client is the one of redis.asyncio.",
    ),
    needs=STORED,
    environment={"REDIS_TIMEOUT": "60"},
)
def test_others_are_answered_while_redis_is_slow(application: Application, newcomer: User, redis: Redis) -> None:
    """While the list waits for a Redis that does not answer, GET /health is answered."""
    health = Request("GET", f"{API}/health")
    redis.set_fault(FaultMode.STALLS)
    before = redis.commands
    with application.sending(listing(newcomer)) as waiting:
        wait_until(lambda: redis.commands > before, STATED)
        with application.sending(health) as other:
            expect(
                other.is_answered(),
                "event_loop_held",
                asked=f"{health}, while {waiting.request} waits for Redis",
                expected="an answer",
                got="none",
            )
            other.answer().expect_status(200, key="others_fail_without_redis")
        redis.set_fault(FaultMode.NONE)
        waiting.answer().expect_status(200, key="fails_without_redis")
