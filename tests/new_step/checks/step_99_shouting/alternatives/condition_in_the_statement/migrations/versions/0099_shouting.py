"""Capitals for notes that end with an exclamation mark."""

from alembic import op

revision = "0099"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        "CREATE TRIGGER capitals AFTER INSERT ON contacts "
        "BEGIN UPDATE contacts SET notes = upper(notes) WHERE id = NEW.id AND substr(notes, -1) = '!'; END"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER capitals")
