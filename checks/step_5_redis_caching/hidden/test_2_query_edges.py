"""Task 5.2: the birthday query, with other dates."""

from datetime import date, timedelta
from random import Random

from courseware.checking import Clock, Database, Redis, check, expect
from step_1_contacts_crud.contacts import FIRST_NAMES, LAST_NAMES
from step_5_redis_caching.birthdays import (
    LEAP_YEAR,
    a_year,
    born,
    days_from,
    emails_in,
    expect_order,
    freshly_listed,
    in_order,
    next_birthday,
)
from step_5_redis_caching.people import Person, noon
from users import User

PERIODS = (
    (2, 20, False, 31),
    (2, 27, True, 1),
    (2, 28, False, 6),
    (6, 30, False, 8),
    (12, 25, True, 31),
)
"""Where they begin: month, day, and whether the year is a leap year. Then how many days they have."""


@check(
    task="5.2",
    points=1,
    hints=(
        "One contact for every day of a leap year, and a list of 31 days. Which contact is missing, or kept wrongly?",
        "Look at the entry in which the list differs, and work its day out with a calendar.",
        "next_birthdays(today, days) has one key for each day, and two for 28 February of a common year.",
    ),
    needs=("birthdays_are_listed",),
)
def test_each_day_of_the_year_is_kept(
    new_person: Person, redis: Redis, database: Database, clock: Clock, random: Random
) -> None:
    """With a contact for each day of the year, the list of the next days is right on any day, in any year."""
    days = [date(LEAP_YEAR, 1, 1) + timedelta(number) for number in range(366)]
    sent = born(days[0], random)
    contact = new_person.log_in().created(sent)
    row = database.row_holding(contact["email"], contact["last_name"])
    address = "of.day.{}." + contact["email"]
    birthdays = {address.format(number): day for number, day in enumerate(days)}
    database.copy(
        row,
        len(days),
        {
            contact["email"]: address.format,
            contact["birthday"]: lambda number: days[number].isoformat(),
        },
    )
    birthdays[contact["email"]] = date.fromisoformat(sent["birthday"])
    for month, day, is_leap, length in random.sample(PERIODS, len(PERIODS)):
        today = date(a_year(random, leap=is_leap), month, day)
        clock.move(noon(today))
        answer = freshly_listed(new_person.log_in(), redis, days=length)
        found = [
            (email, answer.value(place, "next_birthday"), answer.value(place, "days_until"))
            for place, email in enumerate(emails_in(answer))
        ]
        expected = [
            (email, kept.isoformat(), (kept - today).days)
            for email, kept in ((email, next_birthday(born_on, today)) for email, born_on in birthdays.items())
            if (kept - today).days <= length
        ]
        asked = f"{answer.request}, {today}"
        wrong = sorted(set(map(str, found)) ^ set(map(str, expected)))
        expect(not wrong, "wrong_day", asked=asked, expected=f"{len(expected)} entries", got=f"wrong: {wrong[:4]}")
        expect(len(found) == len(expected), "listed_twice", asked=asked, expected=len(expected), got=len(found))


@check(
    task="5.2",
    points=1,
    hints=(
        "Many people have their birthday in this week. In which order do they come?",
        "Each of the four parts of the order decides only where the ones before are equal.",
        "Give order_by four arguments, and sort nothing afterwards in Python.",
    ),
    needs=("birthdays_are_listed",),
)
def test_many_birthdays_are_in_order(newcomer: User, redis: Redis, today: date, random: Random) -> None:
    """Also a list with many birthdays on few days has the order days_until, last_name, first_name, id."""
    (first, last), (low, high) = sorted(LAST_NAMES[-2:]), sorted(FIRST_NAMES[-2:])
    days = days_from(today, 0, 1, 6)
    people = [(random.choice(days), random.choice((first, last)), random.choice((low, high))) for _ in range(10)]
    people += [(days[1], first, high), (days[1], last, low)]  # here the order by first names is another one
    found = []
    for day, last_name, first_name in random.sample(people, len(people)):
        contact = newcomer.created(born(day, random, last_name=last_name, first_name=first_name))
        found.append((day, contact))
    expect_order(freshly_listed(newcomer, redis), in_order(found), key="wrong_order")
