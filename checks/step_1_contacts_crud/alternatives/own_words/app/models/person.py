"""Somebody in an address book."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.database import Base, Identifier, UtcDateTime
from app.models.user import User


class Person(Base):
    """The columns have the names of the table, the attributes have others."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("owner_id", "email", name="uq_contacts_owner_id_email"),)

    number: Mapped[int] = mapped_column("id", Identifier, primary_key=True)
    holder_number: Mapped[int] = mapped_column("owner_id", Identifier, ForeignKey("users.id", ondelete="CASCADE"))
    given: Mapped[str] = mapped_column("first_name")
    family: Mapped[str] = mapped_column("last_name")
    mail: Mapped[str] = mapped_column("email")
    telephone: Mapped[str] = mapped_column("phone")
    born: Mapped[date | None] = mapped_column("birthday")
    remarks: Mapped[str | None] = mapped_column("notes")
    added: Mapped[datetime] = mapped_column("created_at", UtcDateTime, insert_default=clock.now)
    changed: Mapped[datetime] = mapped_column("updated_at", UtcDateTime, insert_default=clock.now, onupdate=clock.now)

    holder: Mapped[User] = relationship(lazy="raise")


Index("ix_contacts_owner_id_last_name_first_name_id", Person.holder_number, Person.family, Person.given, Person.number)
