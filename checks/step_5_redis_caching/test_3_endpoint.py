"""Task 5.3: the endpoint and its key."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from courseware.checking import Application, Clock, Database, Redis, Request, check, expect
from errors import error_fields, expect_error
from step_2_email_verification.tokens import signed
from step_2_email_verification.unverified import access_claims, expect_unverified_refused
from step_5_redis_caching.birthdays import (
    BIRTHDAYS,
    CACHED_DAYS,
    IN_HONOLULU,
    KEYS,
    born,
    change_behind,
    circumstances,
    days_from,
    expect_listed,
    freshly_listed,
    listed,
    listing,
)
from step_5_redis_caching.people import Person, noon
from users import User, me, new_account

KEY = ("key_names_user_and_day",)
LISTED = ("birthdays_are_listed", "entry_is_the_contact_and_its_next_birthday")
"""What checks need that look into the list."""


@check(
    task="5.3",
    points=3,
    hints=(
        "Print the keys that are in Redis after a request. Which one would another user have?",
        "cache_key makes the key of a user's id and of the day that `clock.today()` returns.",
        'return f"birthdays:{user_id}:{today}", and read_cached passes cache_key(user.id, today) on.',
    ),
)
def test_key_names_user_and_day(newcomer: User, redis: Redis, today: date) -> None:
    """The answer is stored under birthdays:{user_id}:{today}, and under no other key that begins with birthdays."""
    asked = str(listed(newcomer).request)
    name = redis.only_key(KEYS, asked=asked, key="not_stored")
    user_id = me(newcomer.application, newcomer.token).expect_status(200, key="me_does_not_work").identifier("id")
    expected = f"birthdays:{user_id}:{today}"
    expect(name == expected, "wrong_key", asked=asked, expected=f"the key {expected}", got=name)


@check(
    task="5.3",
    points=3,
    hints=(
        "Ask twice, and compare. What does the second request read?",
        "What comes out of Redis must be what was put in: the same JSON, with the same status.",
        "read_cached returns `await cache.get_or_set_cache(cache_key(user.id, today), TIME_TO_LIVE, load)`.",
    ),
    needs=(*KEY, *LISTED),
)
def test_second_answer_comes_from_the_cache(newcomer: User, database: Database, today: date, random: Random) -> None:
    """A second request gets the same JSON, also if a row of a contact was changed in the database meanwhile."""
    [day, other_day] = days_from(today, 2, 40)
    contact = newcomer.created(born(day, random, notes="as it was cached"))
    absent = newcomer.created(born(other_day, random))
    first = listed(newcomer)
    expect_listed(first, [contact], key="wrong_contacts")
    listed(newcomer).expect_same_json(first, key="second_answer_differs")
    change_behind(database, contact, "notes", "changed behind your back")
    change_behind(database, absent, "birthday", day.replace(year=1984).isoformat())
    for query in ({}, {"days": CACHED_DAYS}):
        listed(newcomer, **query).expect_same_json(first, key="not_cached")


@check(
    task="5.3",
    points=2,
    hints=(
        "Ask for 7 days, then for 20. Are there more contacts?",
        "Only one number of days is cached: DEFAULT_DAYS. All others are read from the database.",
        "If days != DEFAULT_DAYS, return await load().",
    ),
    needs=(*KEY, *LISTED),
)
def test_other_days_are_not_cached(
    newcomer: User, redis: Redis, database: Database, today: date, random: Random
) -> None:
    """The answer for other days than 7 comes from the database each time, and is not stored."""
    near, far = [newcomer.created(born(day, random, notes="as it was")) for day in days_from(today, 2, 9)]
    expect_listed(listed(newcomer), [near], key="wrong_contacts")
    keys = redis.keys(KEYS)
    for days in (1, 6, 8, 10):
        expected = [contact for contact, until in ((near, 2), (far, 9)) if until <= days]
        expect_listed(listed(newcomer, days=days), expected, key="answer_for_other_days")
    change_behind(database, near, "notes", "changed behind your back")
    answer = listed(newcomer, days=10)
    answer.expect_value(0, "notes", equals="changed behind your back", key="other_days_cached")
    expect(redis.keys(KEYS) == keys, "other_days_stored", asked="KEYS *", expected=keys, got=redis.keys(KEYS))


@check(
    task="5.3",
    points=2,
    hints=(
        "Two users, one key: who gets whose contacts?",
        "The second user asks while the answer of the first one is in the cache.",
        "The key contains the id of the user who asks.",
    ),
    needs=LISTED,
)
def test_users_have_separate_answers(newcomer: User, new_person: Person, today: date, random: Random) -> None:
    """While the answer of one user is in the cache, another user gets their own."""
    other = new_person.log_in()
    users = (newcomer, other)
    contacts = [user.created(born(day, random)) for user, day in zip(users, days_from(today, 1, 2), strict=True)]
    for _ in range(2):
        for user, contact in zip(users, contacts, strict=True):
            expect_listed(listed(user), [contact], key="answer_of_another_user")


@check(
    task="5.3",
    points=2,
    hints=(
        "An answer is stored one minute before midnight. Which day is it about two minutes later?",
        "What is cached for an hour must not be served on the next day.",
        "The key contains clock.today(), so on the next day there is no value under the new key.",
    ),
    needs=LISTED,
)
def test_new_day_has_a_new_answer(new_person: Person, redis: Redis, clock: Clock, today: date, random: Random) -> None:
    """Two minutes after an answer was stored at 23:59, the list is that of the new day."""
    midnight = datetime.combine(today + timedelta(1), time(), UTC)
    clock.move(midnight - timedelta(minutes=1))
    user = new_person.log_in()
    contacts = [user.created(born(day, random)) for day in days_from(today, 0, 1, 5)]
    expect_listed(freshly_listed(user, redis), contacts, key="wrong_contacts")
    clock.move(midnight + timedelta(minutes=1))
    answer = listed(user)
    expect_listed(answer, contacts[1:], key="answer_of_yesterday")
    for place, days in enumerate((0, 4)):
        answer.expect_value(place, "days_until", equals=days, key="answer_of_yesterday")


@check(
    task="5.3",
    points=1,
    hints=(
        "Where is it still yesterday, when it is five in the morning in London?",
        "The date has one source, app/core/clock.py, and it depends on the setting TIME_ZONE.",
        "today = clock.today(), once, for the key and for the query; not date.today(), and not the database's date.",
    ),
    needs=(*KEY, *LISTED),
    environment=IN_HONOLULU,
)
def test_day_is_the_one_of_the_time_zone(
    application: Application,
    second_application: Application,
    new_person: Person,
    redis: Redis,
    clock: Clock,
    today: date,
    random: Random,
) -> None:
    """With TIME_ZONE=Pacific/Honolulu, 10 hours behind UTC, key and list are those of the date there."""
    clock.move(datetime.combine(today, time(5), UTC))
    there = today - timedelta(1)
    user = new_person.log_in()
    contacts = [user.created(born(day, random)) for day in days_from(there, -3, 0, 5, 9)]
    clock.move(datetime.combine(today, time(5, 1), UTC))  # now the token is not of the future in any process
    for process in (application, second_application):
        answer = listed(User(process, user.email, user.token))
        name = redis.only_key(KEYS, asked=str(answer.request), key="not_stored")
        asked, expected = str(answer.request), f"a key that ends with {there}"
        expect(name.endswith(f":{there}"), "key_of_another_zone", asked=asked, expected=expected, got=name)
        expect_listed(answer, contacts[1:3], key="day_of_another_zone")


@check(
    task="5.3",
    points=2,
    hints=(
        "Who may see contacts at all? The other routes of contacts know it.",
        "Find the user first, then look into the cache: a cached answer proves nothing about who asks.",
        "users.demand_verified(user) right after users.find_by_claims(...), before anything is read from the cache.",
    ),
    needs=KEY,
)
def test_only_verified_users_get_an_answer(
    application: Application,
    newcomer: User,
    redis: Redis,
    environment: Mapping[str, str],
    today: date,
    random: Random,
) -> None:
    """Without a valid access token the answer is 401, for an unverified user 403, also if the cache has a list."""
    listed(newcomer)
    cached = "A list of a verified user was cached before"
    for token, sent in ((None, "no token"), (newcomer.token[:-8], "the token of a verified user, cut off")):
        answer = application.send(Request("GET", BIRTHDAYS, token=token))
        with circumstances(f"with {sent}. {cached}"):
            expect_error(answer, 401, key="answered_without_a_token")
            answer.expect_header("WWW-Authenticate", key="no_www_authenticate")
    account = new_account(random)
    user_id = application.send(account.registration).expect_success(201, key="cannot_register").identifier("id")
    issued = int(noon(today).timestamp())
    claims = {**access_claims(user_id, random), "iat": issued, "exp": issued + 1800}
    unverified = User(application, account.email, signed(claims, environment["JWT_SECRET_KEY"]))
    key = f"birthdays:{user_id}:{today}"
    for cached in ("No list of this user is cached", f"A list is cached under {key}"):
        with circumstances(f"with an access token of an unverified user. {cached}"):
            expect_unverified_refused(unverified, application.send(listing(unverified)), key="answered_unverified")
        redis.set(key, json.dumps([]), seconds=600)


@check(
    task="5.3",
    points=1,
    hints=(
        "Ask for 0 days, for 32, and for no number.",
        "The route declares the bounds. Does it still?",
        "The type of days is Annotated[int, Query(ge=1, le=birthdays.MOST_DAYS)].",
    ),
    needs=KEY,
)
def test_days_have_bounds(newcomer: User) -> None:
    """days=1 and days=31 are answered with 200; 0, 32, -1, 1.5 and no number with 422 and an error for query.days."""
    for days in (1, 31):
        listed(newcomer, days=days)
    for wrong in (0, 32, -1, 1.5, "seven", ""):
        answer = newcomer.application.send(listing(newcomer, days=wrong))
        expect_error(answer, 422, key="wrong_days_accepted")
        if "query.days" not in error_fields(answer):
            raise answer.failed("wrong_error_fields", "an error for query.days", str(answer))


@check(
    task="5.3",
    points=1,
    hints=(
        "Read all keys and values in Redis. Who else may read them?",
        "Cache only the content of the answer, and no other data of the user.",
        "Store the answer's JSON and nothing else, under a key without a token or an address.",
    ),
    needs=KEY,
)
def test_nothing_else_is_stored(newcomer: User, redis: Redis, today: date, random: Random) -> None:
    """Neither the user's e-mail address nor a password hash nor the token is in a key or value in Redis."""
    newcomer.created(born(today, random))
    for _ in range(2):
        asked = str(listed(newcomer).request)
    for name, secret in (("e-mail address", newcomer.email), ("password hash", "$2b$"), ("token", newcomer.token)):
        found = redis.keys_that_hold(secret)
        got = f"the user's {name} in {', '.join(found)}"
        expect(not found, "personal_data_stored", asked=asked, expected=f"no {name} in Redis", got=got)
