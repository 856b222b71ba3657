"""The database: connections, sessions, and what all models share."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ExceptionContext,
    Integer,
    MetaData,
    TypeDecorator,
    UniqueConstraint,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import DisconnectionError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from app.core.database_url import driver_arguments

Identifier = BigInteger().with_variant(Integer, "sqlite")
"""64 bits in both databases: SQLite counts up only a column that is called INTEGER."""

LARGEST_INTEGER = 2**63 - 1
"""The largest number that an `Identifier`, an OFFSET or a LIMIT can hold."""

TIMEOUT = 2.0
"""Seconds that a request waits for a free connection of the pool, for a new connection, and for each statement."""


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware timestamp, also on SQLite, which stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value if value.tzinfo else value.replace(tzinfo=UTC))


class Base(DeclarativeBase):
    """The base class of all models. Constraints get names by rule, which migrations and error handling use."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


POOL_SIZE = 15
"""Connections to a database server that stay open. By default only five do, and more are opened for single requests."""


def create_engine(url: str, timeout: float = TIMEOUT) -> AsyncEngine:
    """Connections to the database at `url`; none is opened before the first query. `timeout` is in seconds."""
    if make_url(url).get_backend_name() == "sqlite":
        waiting = {"timeout": 2 * timeout}  # until other requests have written: only one can at a time
        engine = create_async_engine(url, hide_parameters=True, connect_args=waiting)
        event.listen(engine.sync_engine, "connect", _teach_sqlite)
        return engine
    server, arguments = driver_arguments(make_url(url))
    engine = create_async_engine(
        server,
        hide_parameters=True,  # errors are logged, values are not
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=timeout,
        connect_args=arguments | {"timeout": timeout, "command_timeout": timeout},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    event.listen(engine.sync_engine, "handle_error", _drop_after_timeout)
    return engine


def create_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Makes sessions whose objects stay readable after the commit, when no lazy query could be awaited."""
    return async_sessionmaker(engine, expire_on_commit=False)


async def get_sessions(request: Request) -> async_sessionmaker[AsyncSession]:
    """What makes sessions, one for the whole application."""
    sessions: async_sessionmaker[AsyncSession] = request.app.state.sessions
    return sessions


async def get_session(
    sessions: Annotated[async_sessionmaker[AsyncSession], Depends(get_sessions)],
) -> AsyncIterator[AsyncSession]:
    """A session for one request. Services commit; whatever was not committed when the request ends is undone."""
    session = sessions()
    try:
        await asyncio.sleep(0.002)
        yield session
    finally:
        await session.close()  # `async with` would let other tasks run before the answer is sent, such as messages


async def ping(session: AsyncSession) -> None:
    """Asks the database for a sign of life."""
    await session.execute(text("SELECT 1"))


def is_storable(value: str) -> bool:
    """Whether both databases can store this text. PostgreSQL has no NUL, and a lone surrogate has no bytes in UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def violates(error: IntegrityError, constraint: UniqueConstraint) -> bool:
    """Whether this very constraint made the database refuse a row. PostgreSQL names it, SQLite lists its columns."""
    columns = ", ".join(f"{constraint.table.name}.{column.name}" for column in constraint.columns)
    named = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    return named == constraint.name or str(error.orig) == f"UNIQUE constraint failed: {columns}"


def _teach_sqlite(connection: Any, _record: Any) -> None:
    """Gives SQLite what PostgreSQL does by itself: foreign keys that are enforced, and `lower` for any alphabet."""
    connection.execute("PRAGMA foreign_keys = ON").close()
    connection.create_function("lower", 1, lambda value: value and value.casefold(), deterministic=True)


def _refuse_closed(connection: Any, _record: Any, _pooled: Any) -> None:
    """Has the pool replace a connection that the server has closed, as it does when it restarts.

    The driver knows already. To ask the server, as `pool_pre_ping` does, costs each request a round trip.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _drop_after_timeout(context: ExceptionContext) -> None:
    """Drops a connection whose server has not answered. By default the pool would wait for it again, to close it."""
    if isinstance(context.original_exception, TimeoutError) and context.connection is not None:
        connection: Any = context.connection.connection.driver_connection
        connection.terminate()
