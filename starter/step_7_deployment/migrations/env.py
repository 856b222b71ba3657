"""Connects Alembic to the application: its database, its models, its async driver."""

import asyncio
from logging.config import fileConfig

from alembic import context
from sqlalchemy import Connection

from app import models  # noqa: F401 - importing the models puts their tables into the metadata
from app.core.config import get_settings
from app.core.database import Base, create_engine

if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

TIMEOUT = 600.0
"""Seconds: to change a large table takes longer than a request may."""

MIGRATION_LOCK = 20_260_401
"""The number by which processes on PostgreSQL know this lock; any would do that nobody else uses."""


def lock(connection: Connection) -> None:
    """Waits until no other process migrates this database, and keeps others waiting until the transaction is over."""
    if connection.dialect.name == "sqlite":
        # Some changes replace a table by a copy. With foreign keys on, what refers to the old one would go with it.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    # TODO 7.6: eight processes begin at the same moment on an empty database. Which function of PostgreSQL waits for a
    # number, and releases it when the transaction ends? The same for SQLite is not judged.


def migrate(connection: Connection) -> None:
    """Runs the migrations on one connection and in one transaction: all of them, or none."""
    lock(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",  # SQLite cannot alter a column in place
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    """Opens the application's database and migrates it."""
    engine = create_engine(get_settings().database_url, timeout=TIMEOUT)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(connect_and_migrate())
