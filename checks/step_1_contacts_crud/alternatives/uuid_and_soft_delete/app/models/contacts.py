"""The table of contacts, without a class of its own."""

from sqlalchemy import Column, Date, ForeignKey, Index, String, Table, Uuid

from app.core.database import Base, Identifier, UtcDateTime

contacts = Table(
    "contacts",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner_id", Identifier, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("first_name", String(50), nullable=False),
    Column("last_name", String(50), nullable=False),
    Column("email", String(254), nullable=False),
    Column("phone", String(32), nullable=False),
    Column("birthday", Date),
    Column("notes", String(500)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
)

kept = contacts.c.deleted_at.is_(None)
"""The condition that a contact was not deleted."""

Index(
    "uq_contacts_kept_owner_id_email",
    contacts.c.owner_id,
    contacts.c.email,
    unique=True,
    sqlite_where=kept,
    postgresql_where=kept,
)
