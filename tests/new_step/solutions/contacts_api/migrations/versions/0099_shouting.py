"""Notes that end with an exclamation mark are stored in capitals."""

from alembic import op

revision = "0099"
down_revision = "0006"

TRIGGERS = {
    "shouting": "AFTER INSERT ON contacts WHEN NEW.notes LIKE '%!' "
    "BEGIN UPDATE contacts SET notes = upper(notes) WHERE id = NEW.id; END"
}
"""What the database does by itself: SQL by the name of the trigger."""


def upgrade() -> None:
    for name, action in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {action}")


def downgrade() -> None:
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name}")
