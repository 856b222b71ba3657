"""Properties of the window of birthdays, for dates that Hypothesis chooses."""

from calendar import isleap
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.birthdays import next_birthdays

TODAYS = st.dates(date(2020, 1, 1), date(2099, 12, 31))
DAYS = st.integers(1, 31)
settings.register_profile("tests", derandomize=True, deadline=None, max_examples=200)
settings.load_profile("tests")


@given(TODAYS, DAYS)
def test_every_day_of_the_window_is_there(today: date, days: int) -> None:
    found = next_birthdays(today, days)
    window = [today + timedelta(number) for number in range(days + 1)]
    assert sorted(day for key, day in found.items() if key != 229) == [
        day for day in window if (day.month, day.day) != (2, 29)
    ]


@given(TODAYS, DAYS)
def test_a_key_is_the_day_of_its_date(today: date, days: int) -> None:
    for key, day in next_birthdays(today, days).items():
        assert key == 100 * day.month + day.day or key == 229


@given(st.integers(2020, 2099), st.integers(0, 5))
def test_29_february(year: int, before: int) -> None:
    last = date(year, 2, 29) if isleap(year) else date(year, 2, 28)
    assert next_birthdays(last - timedelta(before), 7)[229] == last
