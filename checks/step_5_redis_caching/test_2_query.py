"""Task 5.2: the birthday query."""

from datetime import date, timedelta
from random import Random

from courseware.checking import Database, Redis, check
from step_1_contacts_crud.contacts import valid_contact
from step_5_redis_caching.birthdays import (
    COMMON_YEAR,
    LEAP_YEAR,
    born,
    circumstances,
    days_from,
    emails_in,
    expect_kept,
    expect_listed,
    freshly_listed,
    listed,
)
from step_5_redis_caching.people import Person
from users import User

LISTED = ("birthdays_are_listed",)
"""What most of these checks need: a list with the right contacts on an ordinary day."""


@check(
    task="5.2",
    points=1,
    hints=(
        "Create a contact with a birthday in two days. Does the list contain it? And whose contacts does it contain?",
        "`next_birthdays` lists the keys of the next days. `read_upcoming` looks for them and for the owner.",
        "The condition is Contact.owner_id == owner.id, and Contact.birthday_key.in_(next_birthdays(today, days)).",
    ),
)
def test_list_has_own_contacts_only(
    newcomer: User, new_person: Person, redis: Redis, today: date, random: Random
) -> None:
    """The list contains the user's own contact with a birthday in two days, and no contact of another user."""
    users = (newcomer, new_person.log_in())
    [day] = days_from(today, 2)
    contacts = [user.created(born(day, random)) for user in users]
    for user, mine, theirs in zip(users, contacts, reversed(contacts), strict=True):
        answer = freshly_listed(user, redis)
        emails = emails_in(answer)
        if theirs["email"] in emails:
            raise answer.failed("contact_of_another_listed", "the user's own contacts", str(emails))
        if mine["email"] not in emails:
            raise answer.failed("own_contact_missing", f"{mine['email']}, with a birthday in 2 days", str(emails))


@check(
    task="5.2",
    points=3,
    hints=(
        "Nobody is born next week. Which part of a date of birth matters?",
        "Month and day have to match one of the next days. The year must not play a part.",
        "Contact.birthday_key.in_(dates) finds them: 517 is 17 May of any year.",
    ),
    needs=("list_has_own_contacts_only",),
)
def test_birthdays_are_listed(newcomer: User, redis: Redis, today: date, random: Random) -> None:
    """The list contains contacts with a birthday in 1 to 5 days, whatever the year of birth, and no others."""
    near = [newcomer.created(born(day, random)) for day in days_from(today, 1, 3, 5)]
    for day in days_from(today, 12, 60, 180):
        newcomer.created(born(day, random))
    with circumstances(f"on {today}"):
        expect_listed(freshly_listed(newcomer, redis), near, key="wrong_contacts")


@check(
    task="5.2",
    points=2,
    hints=(
        "Compare an element of the list with the same contact at GET /contacts/{id}.",
        "The schema UpcomingBirthday names the fields. The two new ones follow from the key of the row.",
        "next_birthday is the date from next_birthdays(today, days), and days_until is (next_birthday - today).days.",
    ),
    needs=LISTED,
)
def test_entry_is_the_contact_and_its_next_birthday(newcomer: User, redis: Redis, today: date, random: Random) -> None:
    """An entry has all fields of the contact with their values, and next_birthday and days_until."""
    [day] = days_from(today, 4)
    contact = newcomer.created(born(day, random))
    answer = freshly_listed(newcomer, redis)
    expect_listed(answer, [contact], key="wrong_contacts")
    read = newcomer.read(contact["id"]).expect_status(200, key="contact_not_read")
    for name, value in read.typed(dict).items():
        answer.expect_value(0, name, equals=value, key="field_differs")
    expect_kept(answer, contact, day, today, key="wrong_days")


@check(
    task="5.2",
    points=2,
    hints=(
        "Write the dates of the period on paper, from today on. How many are there?",
        "range(7) gives 0 to 6. And days of different years have different numbers: 1 March is day 60 or 61.",
        "for number in range(days + 1), and compare month and day, never the number of the day in its year.",
    ),
    needs=LISTED,
)
def test_both_ends_are_included(newcomer: User, redis: Redis, today: date, random: Random) -> None:
    """With 7 days, birthdays today and in 7 days are in the list, those of yesterday and in 8 days are not."""
    contacts = {
        (number, year): newcomer.created(valid_contact(random, birthday=day.replace(year=year).isoformat()))
        for number, day in zip((-1, 0, 7, 8), days_from(today, -1, 0, 7, 8), strict=True)
        for year in (LEAP_YEAR, COMMON_YEAR)
    }
    expected = [contact for (number, _), contact in contacts.items() if number in (0, 7)]
    with circumstances(f"on {today}"):
        expect_listed(freshly_listed(newcomer, redis), expected, key="wrong_ends")


@check(
    task="5.2",
    points=1,
    hints=(
        "Ask for 1 day and for 31 days. Do the lists differ as they should?",
        "The parameter `days` has to come through to the query.",
        "read_upcoming(session, user, today, days) and next_birthdays(today, days).",
    ),
    needs=LISTED,
)
def test_period_has_the_length_that_is_asked_for(newcomer: User, redis: Redis, today: date, random: Random) -> None:
    """days=1 ends tomorrow, and days=31 ends in 31 days."""
    numbers = (0, 1, 2, 10, 30, 31, 32)
    contacts = {
        number: newcomer.created(born(day, random))
        for number, day in zip(numbers, days_from(today, *numbers), strict=True)
    }
    for days in (1, 31):
        expected = [contact for number, contact in contacts.items() if number <= days]
        with circumstances(f"on {today}"):
            expect_listed(freshly_listed(newcomer, redis, days=days), expected, key="wrong_length")


@check(
    task="5.2",
    points=1,
    hints=(
        "Who celebrates in a large company? Count the entries of a busy week.",
        "The list of contacts has pages. This list has none.",
        "No .limit() in this query, and no filter over a page that was read before.",
    ),
    needs=LISTED,
)
def test_list_has_no_pages(newcomer: User, redis: Redis, database: Database, today: date, random: Random) -> None:
    """If 150 contacts have a birthday in the next week, all of them are in the list."""
    days = days_from(today, *range(7))
    contact = newcomer.created(born(days[0], random, notes="the first of many"))
    row = database.row_holding(contact["email"], contact["last_name"])
    copies = 149
    database.copy(
        row,
        copies,
        {
            contact["email"]: lambda number: f"copy.{number}.{contact['email']}",
            contact["birthday"]: lambda number: days[number % 7].replace(year=1980).isoformat(),
        },
    )
    answer = freshly_listed(newcomer, redis)
    count = len(answer.typed(list))
    if count != copies + 1:
        raise answer.failed("list_cut_short", f"{copies + 1} entries", f"{count} entries")


@check(
    task="5.2",
    points=1,
    hints=(
        "A birthday is optional. What does your query do with a row without one?",
        "What is the answer if no contact has a birthday soon?",
        "NULL is in no list of numbers, so such rows are not found; an empty result is an empty list with status 200.",
    ),
    needs=LISTED,
)
def test_who_has_no_birthday_is_not_listed(newcomer: User, redis: Redis, today: date, random: Random) -> None:
    """A contact without a birthday is not in the list, and a list without entries is answered with 200 and []."""
    newcomer.created(valid_contact(random, birthday=None))
    newcomer.created(born(days_from(today, 40)[0], random))
    expect_listed(freshly_listed(newcomer, redis), [], key="listed_without_a_birthday")


MANY = 20_000
MOST_INSTRUCTIONS = 50_000


@check(
    task="5.2",
    points=2,
    hints=(
        "How many rows does your query read if a user has 20,000 contacts, and how many of them are in the answer?",
        "An index finds a row by the value of a column. It cannot find rows by a value that Python computes. "
        "Look at ORDER BY too: if it begins with last_name, SQLite may choose the other index.",
        "Contact.birthday_key.in_(dates) with Contact.owner_id == owner.id uses the index of these two columns. "
        "Order by days_until first, so that SQLite does not choose the index of the names.",
    ),
    needs=LISTED,
)
def test_rows_are_found_through_an_index(
    newcomer: User, redis: Redis, database: Database, today: date, random: Random
) -> None:
    """With 20,000 contacts the database finds the birthdays through an index, in 50,000 instructions at most."""
    contact = newcomer.created(born(today, random))
    row = database.row_holding(contact["email"], contact["last_name"])
    first = date(LEAP_YEAR, 1, 1)
    database.copy(
        row,
        MANY,
        {
            contact["email"]: lambda number: f"{number}.{contact['email']}",
            contact["birthday"]: lambda number: (first + timedelta(number % 366)).isoformat(),
        },
    )
    redis.clear()
    with database.recording() as recording:
        answer = listed(newcomer, days=1)
    emails = emails_in(answer)
    if len(emails) < MANY // 366:
        raise answer.failed("wrong_contacts", f"{MANY // 366} contacts or more", f"{len(emails)}")
    recording.expect_indexed(
        row.table,
        finds=emails,
        most_instructions=MOST_INSTRUCTIONS,
        asked=str(answer.request),
        key="not_through_an_index",
    )
