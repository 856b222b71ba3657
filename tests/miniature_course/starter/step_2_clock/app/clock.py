"""What day it is."""

from app.web import Reply


def tell_date(query: dict[str, str]) -> Reply:
    """Today's date."""
    # TODO 2.1: ask Python.
    raise NotImplementedError("Task 2.1")
