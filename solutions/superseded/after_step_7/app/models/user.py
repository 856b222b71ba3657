"""The table of users."""

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint, false
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
    is_verified: Mapped[bool] = mapped_column(default=False, server_default=false())
    avatar_url: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    one_per_email = UniqueConstraint(email)
    # Without this SQLite gives the id of a deleted user to the next one, and with it the tokens.
    __table_args__ = (one_per_email, {"sqlite_autoincrement": True})
