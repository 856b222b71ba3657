"""Notes that end with an exclamation mark are stored in capitals."""

from alembic import op

revision = "0099"
down_revision = "0006"


def upgrade() -> None:
    """Have the database change the notes of each new contact."""
    op.execute(
        "CREATE TRIGGER shouting AFTER INSERT ON contacts WHEN NEW.notes LIKE '%!' "
        "BEGIN UPDATE contacts SET notes = upper(notes) WHERE id = NEW.id; END"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER shouting")
