"""The day of a birthday without its year, and an index of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "contacts", sa.Column("celebrated_on", sa.String(5), sa.Computed("substr(birthday, 6)", persisted=False))
    )
    op.create_index("ix_contacts_owner_id_celebrated_on", "contacts", ["owner_id", "celebrated_on"])


def downgrade() -> None:
    op.drop_index("ix_contacts_owner_id_celebrated_on", table_name="contacts")
    op.drop_column("contacts", "celebrated_on")
