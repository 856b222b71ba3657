"""The table of contacts."""

from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Identifier


class Contact(Base):
    """A person whom a user knows. Two users may know the same person; one user stores an e-mail address once."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)

    # TODO 1.1: the other columns. The table exists already: migrations/versions/0002_contacts.py makes it, and
    # `alembic check` tells you where the model and the table still differ. While you write, think about:
    # - Which columns may be empty? `Mapped[str]` and `Mapped[str | None]` are not the same column.
    # - Whose contact is it, and what becomes of it when its owner goes? Look at `ondelete` in the migration.
    # - Who sets the two timestamps, and when does `updated_at` change? app/models/user.py shows the first half;
    #   `mapped_column` has a second argument of that kind.
    # - Which columns TOGETHER must be unique? Name the constraint as User does: you will want to recognise it.
    # - In which order will pages be read? The migration has an index for it; the model must know it too.
