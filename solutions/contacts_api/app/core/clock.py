"""The clock of the whole application, in one module, so that a test can replace it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from app.core.config import get_settings


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The current date in the time zone of the setting TIME_ZONE."""
    return datetime.now(ZoneInfo(get_settings().time_zone)).date()
