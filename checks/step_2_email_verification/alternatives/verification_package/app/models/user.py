"""The table of users."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database import Base, Identifier, UtcDateTime


class User(Base):
    """Somebody with an account."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    full_name: Mapped[str | None] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    one_per_email = UniqueConstraint(email)
    __table_args__ = (one_per_email, {"sqlite_autoincrement": True})

    @property
    def is_verified(self) -> bool:
        return self.verified_at is not None
