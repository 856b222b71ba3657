"""The tables. Alembic sees the models that are imported here."""

from app.models.contact import Contact
from app.models.user import User

__all__ = ["Contact", "User"]
