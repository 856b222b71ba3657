"""Task 5.2: the birthday query around the ends of months, years and Februaries, and its order."""

from datetime import date, timedelta
from random import Random

from courseware.checking import Clock, Redis, check
from step_5_redis_caching.birthdays import (
    a_year,
    born,
    circumstances,
    days_from,
    expect_kept,
    expect_listed,
    expect_order,
    expected_entries,
    freshly_listed,
    in_order,
)
from step_5_redis_caching.people import Person, noon

LISTED = ("birthdays_are_listed", "entry_is_the_contact_and_its_next_birthday")
"""What these checks need: a list that is right on an ordinary day."""


@check(
    task="5.2",
    points=1,
    hints=(
        "Think of 29 January. Which month has the day in a week?",
        "Day 30 is at least 29, and day 3 is at most 5. But 3 is not between 29 and 5: a date is one thing, not two.",
        "List the days one by one, with today + timedelta(number): Python knows how long a month is.",
    ),
    needs=LISTED,
)
def test_period_crosses_the_end_of_a_month(new_person: Person, redis: Redis, clock: Clock, random: Random) -> None:
    """On the 27th of a month the list contains birthdays of this month and of the next one."""
    today = date(a_year(random, leap=False), random.choice((1, 3, 4, 5, 7, 9)), 27)
    clock.move(noon(today))
    user = new_person.log_in()
    contacts = [user.created(born(day, random)) for day in days_from(today, 0, 2, 5, 6)]
    for day in days_from(today, -3, 9):
        user.created(born(day, random))
    answer = freshly_listed(user, redis)
    with circumstances(f"on {today}"):
        expect_listed(answer, contacts, key="month_end_lost")
    for contact, day in zip(contacts, days_from(today, 0, 2, 5, 6), strict=True):
        expect_kept(answer, contact, day, today, key="wrong_days")


@check(
    task="5.2",
    points=3,
    hints=(
        "Today is 29 December. When is the next birthday of a contact born on 2 January?",
        "A birthday that is over this year is kept next year: next_birthday is in the year after.",
        "today + timedelta(number) gets into the next year by itself, and next_birthday is this date.",
    ),
    needs=LISTED,
)
def test_period_crosses_new_year(new_person: Person, redis: Redis, clock: Clock, random: Random) -> None:
    """In the last days of December the list contains birthdays in January, kept in the next year."""
    today = date(a_year(random, leap=False), 12, random.randrange(27, 32))
    clock.move(noon(today))
    user = new_person.log_in()
    january = date(today.year + 1, 1, 1)
    days = [today, january - timedelta(1), january, january + timedelta(1)]
    contacts = [user.created(born(day, random)) for day in days]
    for day in (today - timedelta(2), january + timedelta(9), date(today.year, 7, 1)):
        user.created(born(day, random))
    answer = freshly_listed(user, redis)
    with circumstances(f"on {today}"):
        expect_listed(answer, contacts, key="new_year_lost")
    for contact, day in zip(contacts, days, strict=True):
        expect_kept(answer, contact, day, today, key="wrong_year")


@check(
    task="5.2",
    points=2,
    hints=(
        "Three years out of four 29 February does not exist. When are these birthdays kept then?",
        "In a common year 28 February has two keys: its own, and the one of 29 February.",
        "If (day.month, day.day) == (2, 28) and not isleap(day.year), then dates[LEAP_DAY] = day.",
    ),
    needs=LISTED,
)
def test_leap_day_is_kept_in_a_common_year(new_person: Person, redis: Redis, clock: Clock, random: Random) -> None:
    """In a common year a birthday on 29 February is kept on 28 February, and not on 1 March."""
    year = a_year(random, leap=False)
    kept = date(year, 2, 28)
    clock.move(noon(date(year, 2, 10)))
    contact = new_person.log_in().created(born(date(2028, 2, 29), random))
    for before in (10, 6, 2, 0, -2):
        today = kept - timedelta(before)
        clock.move(noon(today))
        answer = freshly_listed(new_person.log_in(), redis)
        is_near = 0 <= before <= 6
        with circumstances(f"on {today}, in a common year"):
            expect_listed(answer, [contact] if is_near else [], key="leap_day_lost")
        if is_near:
            expect_kept(answer, contact, kept, today, key="leap_day_on_another_day")


@check(
    task="5.2",
    points=1,
    hints=(
        "And in the fourth year? Compare 28 and 29 February.",
        "In a leap year both days exist, and each has its own key.",
        "Add the key of 29 February to 28 February only if `isleap(day.year)` is false.",
    ),
    needs=LISTED,
)
def test_leap_day_is_kept_in_a_leap_year(new_person: Person, redis: Redis, clock: Clock, random: Random) -> None:
    """In a leap year a birthday on 29 February is kept on this day, the day after those of 28 February."""
    year = a_year(random, leap=True)
    days = [date(year, 2, 28), date(year, 2, 29), date(year, 3, 1)]
    early = date(year, 2, 21)
    clock.move(noon(early))
    user = new_person.log_in()
    contacts = [user.created(born(day, random)) for day in days[1:]]
    with circumstances(f"on {early}, in a leap year. The contacts are {'; '.join(expected_entries(contacts))}"):
        expect_listed(freshly_listed(user, redis), [], key="leap_day_on_another_day")
    contacts.insert(0, user.created(born(days[0], random)))
    for today in (date(year, 2, 24), *days):
        clock.move(noon(today))
        answer = freshly_listed(new_person.log_in(), redis)
        coming = [(contact, day) for contact, day in zip(contacts, days, strict=True) if day >= today]
        with circumstances(f"on {today}, in a leap year"):
            expect_order(answer, [contact for contact, _ in coming], key="leap_day_on_another_day")
        for contact, day in coming:
            expect_kept(answer, contact, day, today, key="leap_day_on_another_day")


@check(
    task="5.2",
    points=2,
    hints=(
        "Who has a birthday first? And who comes first of those with a birthday on the same day?",
        "The key is no order: 101 comes after 1231 at New Year. And rows without an order come as they like.",
        'order_by("days_until", Contact.last_name, Contact.first_name, Contact.id), where days_until is a `case`.',
    ),
    needs=LISTED,
)
def test_order_is_by_day_then_name_then_id(new_person: Person, redis: Redis, clock: Clock, random: Random) -> None:
    """The order is days_until, last_name, first_name, id: also around New Year, and for people with equal names."""
    today = date(a_year(random, leap=True), 12, 29)
    clock.move(noon(today))
    user = new_person.log_in()
    names = [("Adams", "Zoë"), ("Baker", "Ann"), ("Baker", "Bob"), ("Baker", "Bob")]
    places = [(day, *name) for day in days_from(today, 0, 4) for name in names]
    found = []
    for day, last_name, first_name in random.sample(places, len(places)):
        contact = user.created(born(day, random, last_name=last_name, first_name=first_name))
        found.append((day, contact))
    with circumstances(f"on {today}"):
        expect_order(freshly_listed(user, redis), in_order(found), key="wrong_order")
