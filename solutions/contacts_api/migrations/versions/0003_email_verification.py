"""Whether a user's e-mail address is verified."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

users = sa.table("users", sa.column("is_verified", sa.Boolean()))


def upgrade() -> None:
    op.add_column("users", sa.Column("is_verified", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Existing users count as verified: a new version must not lock them out of their contacts.
    op.execute(users.update().values(is_verified=True))


def downgrade() -> None:
    op.drop_column("users", "is_verified")
