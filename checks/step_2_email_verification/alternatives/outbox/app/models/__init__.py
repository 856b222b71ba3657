"""The tables. Alembic sees the models that are imported here."""

from app.models.contact import Contact
from app.models.outgoing import Outgoing
from app.models.user import User

__all__ = ["Contact", "Outgoing", "User"]
