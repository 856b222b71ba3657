"""What all models share."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import sqlite

from app.core.database import UtcDateTime

DIALECT = sqlite.dialect()
KYIV = timezone(timedelta(hours=3))
NOON_IN_KYIV = datetime(2026, 6, 1, 12, tzinfo=KYIV)
MOMENTS = UtcDateTime()


def test_a_moment_is_stored_in_utc() -> None:
    bound = MOMENTS.process_bind_param(NOON_IN_KYIV, DIALECT)
    assert bound == NOON_IN_KYIV
    assert bound.tzinfo is UTC


@pytest.mark.parametrize(
    ("stored", "moment"),
    [
        (datetime(2026, 6, 1, 9), datetime(2026, 6, 1, 9, tzinfo=UTC)),
        (NOON_IN_KYIV, NOON_IN_KYIV),
        (None, None),
    ],
)
def test_a_moment_comes_back_with_its_time_zone(stored: datetime | None, moment: datetime | None) -> None:
    assert MOMENTS.process_result_value(stored, DIALECT) == moment
    assert MOMENTS.process_bind_param(moment, DIALECT) == moment
