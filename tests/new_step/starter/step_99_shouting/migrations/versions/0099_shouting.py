"""Notes that end with an exclamation mark are stored in capitals."""

from alembic import op  # noqa: F401 - for task 99.1

revision = "0099"
down_revision = "0006"


def upgrade() -> None:
    """Have the database change the notes of each new contact."""
    # TODO 99.1: create a trigger with op.execute().


def downgrade() -> None:
    # TODO 99.1: drop it.
    pass
