"""When birthdays are kept."""

from datetime import date, timedelta

import pytest

from app.services.birthdays import next_birthdays

BIRTHDAYS = [date(2000, 1, 1) + timedelta(number) for number in range(366)]
"""Every birthday there is: 2000 was a leap year."""


def key(birthday: date) -> int:
    return 100 * birthday.month + birthday.day


def kept_next(birthday: date, today: date) -> date:
    """The definition in plain words: the first day from today on that is this birthday, or stands in for it."""
    for year in (today.year, today.year + 1):
        try:
            day = birthday.replace(year=year)
        except ValueError:
            day = date(year, 2, 28)
        if day >= today:
            return day
    raise AssertionError


@pytest.mark.parametrize("year", [2027, 2028, 2100], ids=["common", "leap", "common, though 4 divides it"])
def test_every_birthday_on_every_day_for_every_number_of_days(year: int) -> None:
    for number in range((date(year + 1, 1, 1) - date(year, 1, 1)).days):
        today = date(year, 1, 1) + timedelta(number)
        kept = {key(birthday): kept_next(birthday, today) for birthday in BIRTHDAYS}
        soon = {key: day for key, day in kept.items() if day <= today + timedelta(31)}
        for days in range(1, 32):
            last = today + timedelta(days)
            assert next_birthdays(today, days) == {key: day for key, day in soon.items() if day <= last}, today


@pytest.mark.parametrize(
    ("today", "days", "birthday", "kept_on"),
    [
        ("2027-06-10", 7, "06-10", "2027-06-10"),  # today counts
        ("2027-06-10", 7, "06-17", "2027-06-17"),  # and so does the last day
        ("2027-06-10", 7, "06-18", None),
        ("2027-06-10", 7, "06-09", None),  # over, not due in 364 days
        ("2027-04-28", 7, "05-05", "2027-05-05"),  # the end of a month
        ("2027-12-29", 7, "01-05", "2028-01-05"),  # New Year
        ("2027-12-29", 7, "01-06", None),
        ("2028-02-25", 7, "02-29", "2028-02-29"),  # a leap year
        ("2027-02-25", 7, "02-29", "2027-02-28"),  # a common year
        ("2027-02-28", 7, "02-29", "2027-02-28"),
        ("2027-03-01", 7, "02-29", None),  # it was yesterday
        ("2028-02-28", 1, "02-29", "2028-02-29"),
        ("2027-12-30", 31, "01-30", "2028-01-30"),  # the longest look ahead
    ],
)
def test_birthdays_at_the_ends_of_the_window_the_month_and_the_year(
    today: str, days: int, birthday: str, kept_on: str | None
) -> None:
    kept = next_birthdays(date.fromisoformat(today), days).get(key(date.fromisoformat(f"2000-{birthday}")))
    assert kept == (kept_on and date.fromisoformat(kept_on))
