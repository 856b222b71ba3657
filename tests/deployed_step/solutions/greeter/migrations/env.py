"""Applies the migrations to the database of DATABASE_URL, one start at a time."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine


def apply(connection: Connection) -> None:
    """Apply all migrations. Another start waits at the lock until they are applied."""
    context.configure(connection=connection)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(7)"))
        context.run_migrations()


async def migrate() -> None:
    """Connect and apply them."""
    url = os.environ["DATABASE_URL"].partition("?")[0].replace("postgres://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(apply)
    await engine.dispose()


asyncio.run(migrate())
