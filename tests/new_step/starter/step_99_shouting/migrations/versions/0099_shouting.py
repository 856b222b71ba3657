"""Notes that end with an exclamation mark are stored in capitals."""

from alembic import op

revision = "0099"
down_revision = "0006"

# TODO 99.1: a trigger that changes the notes of each new contact.
TRIGGERS: dict[str, str] = {}
"""What the database does by itself: SQL by the name of the trigger."""


def upgrade() -> None:
    for name, action in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {action}")


def downgrade() -> None:
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name}")
