from datetime import date, timedelta

from app.services.birthdays import next_birthdays


def test_in_five_days() -> None:
    today = date.today()
    soon = today + timedelta(5)
    assert next_birthdays(today, 7)[100 * soon.month + soon.day] == soon.replace(year=today.year)
