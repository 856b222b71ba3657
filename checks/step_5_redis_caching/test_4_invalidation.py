"""Task 5.4: invalidation."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random

from courseware.checking import Application, Clock, Database, FaultMode, Redis, Request, check
from step_1_contacts_crud.contacts import valid_contact
from step_5_redis_caching.birthdays import (
    IN_HONOLULU,
    REDIS_SOON_GIVEN_UP,
    born,
    change_behind,
    circumstances,
    days_from,
    expect_listed,
    listed,
    listing,
)
from step_5_redis_caching.people import Person, noon
from users import Contact, User, path_of

CACHED = ("second_answer_comes_from_the_cache",)
"""Without a cached answer there is nothing to invalidate."""


@check(
    task="5.4",
    points=2,
    hints=(
        "Add a contact with a birthday tomorrow, and request the list again.",
        "Every write that changes the answer must delete the answer.",
        "After `await contacts.create(...)`: `await birthdays.invalidate(cache, user.id)`.",
    ),
    needs=CACHED,
)
def test_new_contact_is_listed_at_once(newcomer: User, today: date, random: Random) -> None:
    """After a contact was created, the next list contains it."""
    contacts: list[Contact] = []
    for day in days_from(today, 5, 2, 0):
        expect_listed(listed(newcomer), contacts, key="new_contact_missing")
        contacts.append(newcomer.created(born(day, random)))
    expect_listed(listed(newcomer), contacts, key="new_contact_missing")


@check(
    task="5.4",
    points=2,
    hints=(
        "Which fields of a contact are in the list? Change one of them.",
        "A new birthday adds or removes an entry, and a new name changes one.",
        "The route that changes a contact calls birthdays.invalidate, whatever was changed.",
    ),
    needs=CACHED,
)
def test_changed_contact_is_listed_as_it_is(newcomer: User, today: date, random: Random) -> None:
    """After a change of a birthday, a name or a note the next list shows it."""
    [day, other] = days_from(today, 3, 60)
    contact = newcomer.created(born(day, random, notes="old"))
    expect_listed(listed(newcomer), [contact], key="wrong_contacts")
    for field, value in (("notes", "new"), ("first_name", "Renamed"), ("phone", "+380440000000")):
        newcomer.change(contact["id"], {field: value}).expect_success(200, key="not_changed")
        listed(newcomer).expect_value(0, field, equals=value, key="old_value_listed")
    for new_day, is_near in ((other, False), (day, True)):
        birthday = new_day.replace(year=1984).isoformat()
        expected = [{**contact, "birthday": birthday}] if is_near else []
        newcomer.change(contact["id"], {"birthday": birthday}).expect_success(200, key="not_changed")
        expect_listed(listed(newcomer), expected, key="old_birthday_listed")


@check(
    task="5.4",
    points=1,
    hints=(
        "Delete a contact that is in the list. Is it gone?",
        "Three routes change contacts. This is the third one.",
        "After `await contacts.delete(...)`: `await birthdays.invalidate(cache, user.id)`.",
    ),
    needs=CACHED,
)
def test_deleted_contact_is_gone_at_once(newcomer: User, today: date, random: Random) -> None:
    """After a contact was deleted, the next list is without it."""
    kept, deleted = [newcomer.created(born(day, random)) for day in days_from(today, 1, 2)]
    expect_listed(listed(newcomer), [kept, deleted], key="wrong_contacts")
    newcomer.delete(deleted["id"]).expect_success(204, key="not_deleted")
    expect_listed(listed(newcomer), [kept], key="deleted_contact_listed")


@check(
    task="5.4",
    points=2,
    hints=(
        "What else is in this Redis? Other users' answers, counters, sessions that have ended.",
        "A change of one user's contacts makes one answer out of date.",
        "redis.delete(key), with the key of this user and this day; never FLUSHDB, and no pattern.",
    ),
    needs=("new_contact_is_listed_at_once",),
)
def test_other_keys_stay(
    newcomer: User, new_person: Person, redis: Redis, database: Database, today: date, random: Random
) -> None:
    """A change deletes no other key: other users' answers and keys that are not of the cache stay."""
    other = new_person.log_in()
    theirs = other.created(born(today, random, notes="as it was cached"))
    first = listed(other)
    foreign = f"foreign:{random.getrandbits(64):x}"
    redis.set(foreign, "kept", seconds=600)
    change_behind(database, theirs, "notes", "changed behind your back")
    contact = newcomer.created(born(today, random))
    newcomer.change(contact["id"], {"notes": "new"}).expect_success(200, key="not_changed")
    newcomer.delete(contact["id"]).expect_success(204, key="not_deleted")
    redis.text(foreign, asked=f"GET {foreign} after changes of a user's contacts", key="foreign_key_deleted")
    listed(other).expect_same_json(first, key="answer_of_another_deleted")


@check(
    task="5.4",
    points=1,
    hints=(
        "The application runs in two processes. One writes, and the other one answers.",
        "What a process keeps in a variable of its own, no other process can delete.",
        "Keep answers in Redis alone.",
    ),
    needs=("new_contact_is_listed_at_once",),
    environment=IN_HONOLULU,
)
def test_change_in_one_process_is_seen_in_all(
    application: Application,
    second_application: Application,
    newcomer: User,
    database: Database,
    clock: Clock,
    today: date,
    random: Random,
) -> None:
    """Two processes share the cached answer, and a change in one of them is in the next list of the other."""
    clock.move(noon(today) + timedelta(minutes=1))  # now the token is not of the future in any process
    processes = [User(each, newcomer.email, newcomer.token) for each in (application, second_application)]
    contacts = [processes[0].created(born(today, random, notes="as it was cached"))]
    first = listed(processes[0])
    change_behind(database, contacts[0], "notes", "changed behind your back")
    listed(processes[1]).expect_same_json(first, key="answer_not_shared")
    for writer in (1, 0):
        for process in processes:
            expect_listed(listed(process), contacts, key="wrong_contacts")
        contacts.append(processes[writer].created(born(today, random)))
        expect_listed(listed(processes[1 - writer]), contacts, key="change_not_seen")


SLOW_WRITE = """
DELETE FROM "{table}" WHERE (
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 600000)
    SELECT count(*) FROM numbers
) < 0
"""
"""Deletes nothing, and takes more than 0.1 s, in which nobody else can write."""
ROUNDS = 2


@check(
    task="5.4",
    points=2,
    hints=(
        "A write takes a moment. What does another request read in this moment, and where is its answer stored?",
        "If the key is deleted too early, the next reader stores the old list again, for an hour.",
        "In each of the three routes: first the service, which commits, then birthdays.invalidate.",
    ),
    needs=("new_contact_is_listed_at_once", "changed_contact_is_listed_as_it_is", "deleted_contact_is_gone_at_once"),
)
def test_old_answer_does_not_come_back(newcomer: User, database: Database, today: date, random: Random) -> None:
    """While a contact is being created, changed or deleted, others read the list. Afterwards it shows the change."""
    kept: list[Contact] = [newcomer.created(born(today, random))]
    row = database.row_holding(kept[0]["email"], kept[0]["last_name"])
    slow_write = SLOW_WRITE.format(table=row.table.replace('"', '""'))
    [far] = days_from(today, 60)
    for _ in range(ROUNDS):
        moved, deleted = (newcomer.created(born(today, random)) for _ in range(2))
        new = born(today, random)
        move = {"birthday": far.replace(year=1984).isoformat()}
        delete = Request("DELETE", path_of(deleted["id"]), token=newcomer.token)
        expect_listed(listed(newcomer), [*kept, moved, deleted], key="wrong_contacts")
        for write, status, expected in (
            (newcomer.creation_of(new), 201, [*kept, moved, deleted, new]),
            (newcomer.change_of(moved["id"], move), 200, [*kept, deleted, new]),
            (delete, 204, [*kept, new]),
        ):
            with ThreadPoolExecutor(1) as threads:
                writing = threads.submit(database.execute, slow_write)
                listed(newcomer)
                with newcomer.application.sending(write) as sent:
                    while not writing.done():
                        listed(newcomer)
                        time.sleep(0.005)  # the other request needs the processor too
                    writing.result()
                    sent.answer().expect_success(status, key="not_written")
            with circumstances(f"after {write.method} {write.path}, during which others read the list"):
                expect_listed(listed(newcomer), expected, key="old_answer_came_back")
        kept.append(new)


@check(
    task="5.4",
    points=1,
    hints=(
        "The cache is not needed to create a contact.",
        "Deleting a key can fail as reading one can. The contact is stored then all the same.",
        "`with suppress(RedisUnavailable):` around the command that deletes the key.",
    ),
    needs=("new_contact_is_listed_at_once",),
    environment=REDIS_SOON_GIVEN_UP,
)
def test_contacts_change_without_redis(newcomer: User, redis: Redis, random: Random) -> None:
    """While Redis refuses connections, closes them or does not answer, contacts are created, changed and deleted."""
    for mode in (FaultMode.REFUSES, FaultMode.DROPS, FaultMode.STALLS):
        redis.set_fault(mode)
        contact = newcomer.create(valid_contact(random)).expect_success(201, key="not_created_without_redis")
        identifier = contact.identifier("id")
        newcomer.change(identifier, {"notes": "new"}).expect_success(200, key="not_changed_without_redis")
        newcomer.delete(identifier).expect_success(204, key="not_deleted_without_redis")
    redis.wait_until_used(lambda: newcomer.application.send(listing(newcomer)), asked="requests after the fault")
