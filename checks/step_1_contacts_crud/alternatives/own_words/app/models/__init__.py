"""The tables."""

from app.models.person import Person
from app.models.user import User

__all__ = ["Person", "User"]
