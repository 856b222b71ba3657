"""When a user's address was verified."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("users", sa.Column("verified_at", sa.DateTime(timezone=True)))
    op.execute(sa.text("UPDATE users SET verified_at = created_at"))


def downgrade() -> None:
    op.drop_column("users", "verified_at")
