"""What day it is."""

from datetime import UTC, datetime

from app.web import Reply


def tell_date(query: dict[str, str]) -> Reply:
    """Today's date."""
    return 200, {"date": datetime.now(UTC).isoformat()[:10]}
