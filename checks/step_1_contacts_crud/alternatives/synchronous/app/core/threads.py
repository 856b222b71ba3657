"""Synchronous sessions, for endpoints that run in a thread and may wait there."""

import sqlite3
from collections.abc import Iterator
from functools import cache
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

from app.core.config import get_settings

DRIVERS = {"sqlite+aiosqlite": "sqlite", "postgresql+asyncpg": "postgresql+psycopg"}


@cache
def sessions() -> sessionmaker[Session]:
    """Makes sessions on the application's database, through a driver that blocks."""
    url = make_url(get_settings().database_url)
    engine = create_engine(url.set(drivername=DRIVERS[url.drivername]))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return sessionmaker(engine)


def open_session() -> Iterator[Session]:
    with sessions()() as session:
        yield session


BlockingSession = Annotated[Session, Depends(open_session)]


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.create_function("lower", 1, lambda text: text.lower() if text else text, deterministic=True)
