"""The date."""

from datetime import UTC, datetime

from app.clock import tell_date


def test_tells_today() -> None:
    """It is today."""
    assert tell_date({}) == (200, {"date": datetime.now(UTC).date().isoformat()})
