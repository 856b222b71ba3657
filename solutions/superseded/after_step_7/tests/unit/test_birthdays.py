"""On which day a birthday is celebrated next: a pure function, so no database and no HTTP."""

from datetime import date

import pytest

from app.services.birthdays import next_birthdays


@pytest.mark.parametrize(
    ("today", "days", "birthday", "celebrated_on"),
    [
        ("2027-06-10", 7, "1990-06-10", "2027-06-10"),  # today is included
        ("2027-06-10", 7, "1990-06-17", "2027-06-17"),  # the last day is included
        ("2027-06-10", 7, "1990-06-18", None),  # one day too late
        ("2027-06-10", 7, "1990-06-09", None),  # yesterday
        ("2027-01-29", 7, "1990-02-03", "2027-02-03"),  # over the end of a month
        ("2027-12-28", 7, "1990-01-03", "2028-01-03"),  # over New Year
        ("2028-02-26", 7, "2000-02-29", "2028-02-29"),  # 29 February in a leap year
        ("2027-02-26", 7, "2000-02-29", "2027-02-28"),  # and in a common year
        ("2028-02-26", 2, "2000-02-29", None),  # in a leap year not on the 28th
        ("2027-03-01", 7, "2000-02-29", None),  # in a common year not on 1 March
    ],
)
def test_a_birthday_is_celebrated_on(today: str, days: int, birthday: str, celebrated_on: str | None) -> None:
    born = date.fromisoformat(birthday)
    found = next_birthdays(date.fromisoformat(today), days).get(100 * born.month + born.day)
    assert found == (celebrated_on and date.fromisoformat(celebrated_on))
