from datetime import date, timedelta

import pytest

from app.services.birthdays import next_birthdays


@pytest.mark.parametrize("number", range(10_000))
def test_today_is_included(number: int) -> None:
    today = date(2000, 1, 1) + timedelta(number)
    assert next_birthdays(today, 7)[100 * today.month + today.day] == today
