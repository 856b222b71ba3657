"""The table of contacts."""

from datetime import date, datetime

from sqlalchemy import DDL, Computed, Date, ForeignKey, Index, String, UniqueConstraint, event, extract, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database import Base, Identifier, UtcDateTime


class Contact(Base):
    """A person whom a user knows. Two users may know the same person; one user stores an e-mail address once."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    owner_id: Mapped[int] = mapped_column(Identifier, ForeignKey("users.id", ondelete="CASCADE"))
    first_name: Mapped[str] = mapped_column(String(50))
    last_name: Mapped[str] = mapped_column(String(50))
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(32))
    birthday: Mapped[date | None] = mapped_column(Date)
    birthday_key: Mapped[int | None] = mapped_column(
        Computed(extract("month", text("birthday")) * 100 + extract("day", text("birthday")), persisted=True),
        deferred=True,  # for queries alone
    )
    """The day of the birthday in any year, kept by the database: 824 is 24 August."""
    notes: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)

    one_per_owner_and_email = UniqueConstraint(owner_id, email)
    __table_args__ = (
        one_per_owner_and_email,
        Index(None, "owner_id", "last_name", "first_name", "id"),  # the order in which pages are read
        Index(None, "owner_id", "birthday_key"),
        {"sqlite_autoincrement": True},
    )


FIRST_ID = DDL(  # type: ignore[no-untyped-call]
    "INSERT INTO sqlite_sequence (name, seq) VALUES ('%(table)s', 999)"
).execute_if(dialect="sqlite")
event.listen(Contact.__table__, "after_create", FIRST_ID)
