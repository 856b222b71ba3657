"""The tables."""

from app.models.contacts import contacts
from app.models.user import User

__all__ = ["User", "contacts"]
