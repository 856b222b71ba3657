"""What day it is."""

from datetime import UTC, datetime

from app.web import Reply


def tell_date(query: dict[str, str]) -> Reply:
    """Today's date."""
    now = datetime.now(tz=UTC)
    return 200, {"date": now.strftime("%Y-%m-%d")}
