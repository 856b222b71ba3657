"""On which day a birthday is celebrated next: a pure function, so no database and no HTTP."""

from datetime import date

from app.services.birthdays import next_birthdays


def test_a_birthday_in_two_days_is_found() -> None:
    assert 512 in next_birthdays(date(2027, 5, 10), days=7)
    # TODO 6.2: this example passes and notices little. Make a table of cases: which birthdays, and on which day?
