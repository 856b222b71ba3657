"""The one place that asks for the time, so that a test can move it for the whole application."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from app.core.config import get_settings


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The date on a calendar in the time zone of the setting TIME_ZONE."""
    return datetime.now(ZoneInfo(get_settings().time_zone)).date()
