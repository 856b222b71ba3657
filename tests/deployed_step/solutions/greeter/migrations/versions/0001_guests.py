"""The table of guests."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table."""
    op.create_table("guests", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
