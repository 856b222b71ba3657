"""The tables. Alembic sees the models that are imported here."""

from app.models.user import User

__all__ = ["User"]
