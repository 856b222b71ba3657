"""Whether a user's e-mail address is verified, and messages that go out."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("users", sa.Column("is_verified", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "outgoing",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("user_id", IDENTIFIER, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("outgoing")
    op.drop_column("users", "is_verified")
