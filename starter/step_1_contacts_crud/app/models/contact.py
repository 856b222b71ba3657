"""The table of contacts."""

from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Identifier


class Contact(Base):
    """A contact of a user. A user stores an e-mail address only once, and two users may store the same one."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)

    # TODO 1.1: add the other columns. migrations/versions/0002_contacts.py creates the table, and `alembic check` lists
    # the differences between the model and the table. Answer these questions while you write:
    # - Which columns may be NULL? `Mapped[str]` and `Mapped[str | None]` are different columns.
    # - What happens to a contact when its owner is deleted? Read `ondelete` in the migration.
    # - What sets the two timestamps, and when does `updated_at` change? app/models/user.py shows the first part.
    #   `mapped_column` has a similar argument for the second part.
    # - Which columns TOGETHER must be unique? Give the constraint a name as User does: the service compares it.
    # - In which order does the application read pages? The migration creates an index for it. Add it to the model.
