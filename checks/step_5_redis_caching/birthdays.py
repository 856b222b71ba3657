"""Birthdays: requests for the list, contacts for it, and what the list must contain."""

from calendar import isleap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random

from courseware.checking import Answer, CheckFailed, Database, Redis, Request, expect
from step_1_contacts_crud.contacts import valid_contact
from step_5_redis_caching.people import YEARS
from users import CONTACTS, Contact, User

BIRTHDAYS = f"{CONTACTS}/birthdays"
CACHED_DAYS = 7
"""The number of days whose answer is cached, and that is taken where none is given."""
KEYS = "birthdays*"
"""The names of all keys that hold answers. Before task 5.3 there is one for all users."""
IN_HONOLULU = {"TIME_ZONE": "Pacific/Honolulu"}
"""Where it is the same day as in UTC at noon, and another one early in the morning. Checks that need two processes have
it too, so that one start does for all of them."""
REDIS_SOON_GIVEN_UP = {"REDIS_TIMEOUT": "0.2"}
"""For checks in which Redis does not answer. The usual timeout is long, because a busy machine is no outage."""
LEAP_YEAR, COMMON_YEAR = 1996, 1997
"""Years of birth: a day after February has another number in each."""


def next_birthday(born: date, today: date) -> date:
    """The next day on which this birthday is kept, today at the earliest."""
    this_year = kept_in(born, today.year)
    return this_year if this_year >= today else kept_in(born, today.year + 1)


def kept_in(born: date, year: int) -> date:
    """The day of a year on which this birthday is kept."""
    if (born.month, born.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return born.replace(year=year)


def a_year(random: Random, *, leap: bool) -> int:
    """A year to come that is a leap year, or is none."""
    return random.choice([year for year in YEARS if isleap(year) is leap])


def born(day: date, random: Random, **fields: object) -> Contact:
    """A contact who has their birthday on this day of the year."""
    years = [year for year in range(1950, 2010) if isleap(year) or (day.month, day.day) != (2, 29)]
    return valid_contact(random, birthday=day.replace(year=random.choice(years)).isoformat(), **fields)


def listing(user: User, **query: object) -> Request:
    """The request for the list."""
    return Request("GET", BIRTHDAYS, query=query, token=user.token)


def listed(user: User, **query: object) -> Answer:
    """The list. Fails the check unless it comes with status 200."""
    answer = user.application.send(listing(user, **query)).expect_status(200, key="birthdays_not_answered")
    answer.typed(list, key="no_list")
    return answer


def freshly_listed(user: User, redis: Redis, **query: object) -> Answer:
    """The list when nothing is in the cache."""
    redis.clear()
    return listed(user, **query)


def emails_in(answer: Answer) -> list[str]:
    """The e-mail addresses in the list, which tell its contacts apart."""
    return [answer.typed(str, place, "email", key="incomplete_entry") for place in range(len(answer.typed(list)))]


@contextmanager
def circumstances(words: str) -> Iterator[None]:
    """Add to each failure inside what the request does not show, such as the date or whose token was sent."""
    try:
        yield
    except CheckFailed as failed:
        asked = f"{failed.asked} ({words})"
        raise CheckFailed(failed.key, asked=asked, expected=failed.expected, got=failed.got) from None


def expected_entries(contacts: Iterable[Mapping[str, object]]) -> list[str]:
    """These contacts, as a failure shows them."""
    return [f"{contact['email']}, born {contact.get('birthday')}" for contact in contacts]


def found_entries(answer: Answer) -> list[str]:
    """The contacts in the list, as a failure shows them."""
    return [f"{email}, born {answer.optional(place, 'birthday')}" for place, email in enumerate(emails_in(answer))]


def expect_listed(answer: Answer, contacts: Iterable[Mapping[str, object]], *, key: str) -> None:
    """Fails the check unless the list contains exactly these contacts, each once, in whatever order."""
    contacts = list(contacts)
    is_right = sorted(emails_in(answer)) == sorted(str(contact["email"]) for contact in contacts)
    expected, got = expected_entries(contacts), found_entries(answer)
    expect(is_right, key, asked=str(answer.request), expected=expected, got=got)


def expect_order(answer: Answer, contacts: Sequence[Mapping[str, object]], *, key: str) -> None:
    """Fails the check unless the list contains exactly these contacts in this order."""
    is_right = emails_in(answer) == [str(contact["email"]) for contact in contacts]
    expected, got = expected_entries(contacts), found_entries(answer)
    expect(is_right, key, asked=str(answer.request), expected=expected, got=got)


def expect_kept(answer: Answer, contact: Mapping[str, object], day: date, today: date, *, key: str) -> None:
    """Fails the check unless the list says of this contact that the birthday is kept on this day."""
    emails = emails_in(answer)
    expect(contact["email"] in emails, key, asked=str(answer.request), expected=f"{contact['email']}", got=str(emails))
    place = emails.index(str(contact["email"]))
    with circumstances(f"on {today}, for a birthday on {contact.get('birthday')}"):
        answer.expect_value(place, "next_birthday", equals=day.isoformat(), key=key)
        answer.expect_value(place, "days_until", equals=(day - today).days, key=key)


def in_order(contacts: Iterable[tuple[date, Contact]]) -> list[Contact]:
    """These contacts, each with the day on which the birthday is kept, in the order of the list."""

    def place(item: tuple[date, Contact]) -> tuple[date, str, str, bool, int | str]:
        day, contact = item
        identifier = contact["id"]
        return day, contact["last_name"], contact["first_name"], isinstance(identifier, str), identifier

    return [contact for _, contact in sorted(contacts, key=place)]


def days_from(today: date, *numbers: int) -> list[date]:
    """The days that are so many days from today."""
    return [today + timedelta(number) for number in numbers]


def change_behind(database: Database, contact: Contact, field: str, value: str) -> None:
    """Change a field of a stored contact behind the application's back."""
    row = database.row_holding(contact["email"], contact["last_name"], contact["phone"])
    database.change(row, {contact[field]: value})
