"""The table of contacts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database import Base, Identifier, UtcDateTime

SEPARATOR = "\x1f"
"""Stands between the texts that are searched, so that no match reaches from one into the next."""


class Contact(Base):
    """A person in somebody's contact book."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    owner_id: Mapped[int] = mapped_column(Identifier, ForeignKey("users.id", ondelete="CASCADE"))
    first_name: Mapped[str] = mapped_column(String(50))
    last_name: Mapped[str] = mapped_column(String(50))
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(32))
    birthday: Mapped[date | None] = mapped_column(Date)
    notes: Mapped[str | None] = mapped_column(String(500))
    search_text: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)

    __table_args__ = (
        UniqueConstraint("owner_id", "email"),
        Index("ix_contacts_page", "owner_id", "last_name", "first_name", "id"),
    )


@event.listens_for(Contact, "before_insert")
@event.listens_for(Contact, "before_update")
def _keep_search_text(_mapper: Any, _connection: Any, contact: Contact) -> None:
    contact.search_text = SEPARATOR.join((contact.first_name, contact.last_name, contact.email)).casefold()
