"""The table of users."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database import Base, Identifier, UtcDateTime


class User(Base):
    """A user with an account. The e-mail address is stored in lower case."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    full_name: Mapped[str | None] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(60))
    # TODO 2.1: add `is_verified`: whether the user has proved that the address is theirs. The table has the column
    # already: migrations/versions/0003_email_verification.py creates it. Which value does a new user have, and which do
    # existing users have? `alembic check` lists the differences between model and table.
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    one_per_email = UniqueConstraint(email)
    # Without this SQLite gives the id of a deleted user to a new one, for whom the old tokens would then work.
    __table_args__ = (one_per_email, {"sqlite_autoincrement": True})
