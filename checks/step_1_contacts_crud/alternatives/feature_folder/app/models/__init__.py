"""The tables, wherever they are declared."""

from app.contacts.model import Contact
from app.models.user import User

__all__ = ["Contact", "User"]
