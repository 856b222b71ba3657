"""Synchronous sessions, for endpoints that run in a thread and may wait there."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session, sessionmaker

from app.core.config import get_settings

DRIVERS = {"sqlite+aiosqlite": "sqlite", "postgresql+asyncpg": "postgresql+psycopg"}


@cache
def sessions() -> sessionmaker[Session]:
    """Makes sessions on the application's database, through a driver that blocks."""
    url = make_url(get_settings().database_url)
    return sessionmaker(create_engine(url.set(drivername=DRIVERS[url.drivername])))


def open_session() -> Iterator[Session]:
    with sessions()() as session:
        yield session


BlockingSession = Annotated[Session, Depends(open_session)]
