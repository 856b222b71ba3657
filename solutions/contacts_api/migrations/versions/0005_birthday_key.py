"""A number for the day of a birthday, whatever the year, and the index that finds it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# Written out of parts that both databases know; what `alembic revision --autogenerate` writes suits only one of them.
BIRTHDAY_KEY = sa.extract("month", sa.text("birthday")) * 100 + sa.extract("day", sa.text("birthday"))


def upgrade() -> None:
    # SQLite can only copy the table into a new one, which must count up its ids as the old one did.
    with op.batch_alter_table("contacts", table_kwargs={"sqlite_autoincrement": True}) as contacts:
        contacts.add_column(sa.Column("birthday_key", sa.Integer(), sa.Computed(BIRTHDAY_KEY, persisted=True)))
    op.create_index("ix_contacts_owner_id_birthday_key", "contacts", ["owner_id", "birthday_key"])


def downgrade() -> None:
    op.drop_index("ix_contacts_owner_id_birthday_key", table_name="contacts")
    with op.batch_alter_table("contacts", table_kwargs={"sqlite_autoincrement": True}) as contacts:
        contacts.drop_column("birthday_key")
