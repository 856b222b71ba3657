"""What day it is."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from app.core import clock
from app.core.config import get_settings

NEW_YEAR_IN_KYIV = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time_zone", "expected"),
    [("UTC", date(2026, 12, 31)), ("Europe/Kyiv", date(2027, 1, 1)), ("America/New_York", date(2026, 12, 31))],
)
def test_today_is_the_date_in_the_chosen_time_zone(
    settings: pytest.MonkeyPatch, time_zone: str, expected: date
) -> None:
    settings.setenv("TIME_ZONE", time_zone)
    get_settings.cache_clear()
    with time_machine.travel(NEW_YEAR_IN_KYIV, tick=False):
        assert clock.today() == expected


def test_now_knows_its_time_zone() -> None:
    with time_machine.travel(NEW_YEAR_IN_KYIV, tick=False):
        assert clock.now() == NEW_YEAR_IN_KYIV
        assert clock.now().tzinfo is UTC
