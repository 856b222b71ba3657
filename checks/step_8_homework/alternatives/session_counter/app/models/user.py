"""The table of users."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database import Base, Identifier, UtcDateTime


class Role(StrEnum):
    """What a user may do: an admin may see and deactivate others."""

    USER = "user"
    ADMIN = "admin"


class User(Base):
    """Somebody with an account. The e-mail address is stored in lower case."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    full_name: Mapped[str | None] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(60))
    is_verified: Mapped[bool] = mapped_column(default=False, server_default=false())
    avatar_url: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16), default=Role.USER, server_default=Role.USER)
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())
    generation: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    one_per_email = UniqueConstraint(email)
    # Without this SQLite gives the id of a deleted user to the next one, and with it the tokens.
    __table_args__ = (one_per_email, {"sqlite_autoincrement": True})

    @property
    def fingerprint(self) -> str:
        """Stands in all tokens of the user. They end when it changes: with the password, and when an admin steps in."""
        return f"generation {self.generation}"
