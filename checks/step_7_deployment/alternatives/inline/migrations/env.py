"""Connects Alembic to the application: its database, its models, its async driver."""

import asyncio
from logging.config import fileConfig

from alembic import context
from sqlalchemy import Connection, text

from app import models  # noqa: F401 - importing the models puts their tables into the metadata
from app.core.config import get_settings
from app.core.database import Base, create_engine

if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

TIMEOUT = 600.0
"""Seconds: to change a large table takes longer than a request may."""

MIGRATION_LOCK = 20_260_401
"""The number by which processes on PostgreSQL know this lock; any would do that nobody else uses."""


def migrate(connection: Connection) -> None:
    """Runs the migrations on one connection and in one transaction: all of them, or none."""
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
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": MIGRATION_LOCK})
            await connection.commit()  # the lock stays: it belongs to the session
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(connect_and_migrate())
