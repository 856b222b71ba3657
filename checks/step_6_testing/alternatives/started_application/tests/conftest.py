"""Fixtures from the inside out: settings -> engine -> session -> application -> client -> user -> headers."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from threading import Thread
from unittest.mock import AsyncMock

import httpx
import pytest
from fakeredis import TcpFakeServer
from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.core.config import Settings, get_settings
from app.core.database import Base, create_engine, create_sessions
from app.core.security import Purpose, create_token, hash_password
from app.main import create_app
from app.models import User
from app.services.email import Mailer
from tests.examples import PASSWORD

URL = os.environ.get("TEST_DATABASE_URL")
"""An empty database for the tests. Without it each test has an SQLite file of its own."""


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Settings]:
    """Settings that do not depend on the machine: no `.env`, cheap password hashes, no rate limits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", URL or f"sqlite:///{tmp_path}/contacts.sqlite3")
    monkeypatch.setenv("BCRYPT_ROUNDS", "4")
    monkeypatch.setenv("RATE_LIMIT_ENABLED", "false")
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """A database with new, empty tables: no test sees the rows of another one."""
    engine = create_engine(settings.database_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session of the test's own, to look into the database behind the application's back."""
    async with create_sessions(engine)() as session:
        yield session


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis in this process that speaks the real protocol."""
    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    server.server_close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """What is in Redis."""
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
        yield redis


@pytest.fixture(autouse=True)
def outbox(monkeypatch: pytest.MonkeyPatch) -> AsyncMock:
    """Stands in for the mail server, in every test."""
    outbox = AsyncMock()
    monkeypatch.setattr(Mailer, "send", outbox)
    return outbox


@pytest.fixture
async def application(
    settings: Settings, engine: AsyncEngine, redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FastAPI]:
    """The application, started as a server starts it: its own parts, with settings of the test."""
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("REDIS_TIMEOUT", "5")
    monkeypatch.setenv("RATE_LIMIT_ENABLED", str(settings.rate_limit_enabled))
    get_settings.cache_clear()
    application = create_app()
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def mailer(application: FastAPI) -> Mailer:
    """The application's mailer. Its messages end in the outbox."""
    mailer: Mailer = application.state.mailer
    return mailer


@pytest.fixture
async def client(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Sends requests straight to the application, without a server."""
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        yield client


@pytest.fixture
async def user(session: AsyncSession) -> User:
    """Ann, who has verified her address."""
    return await new_user(session, "ann@example.com")


@pytest.fixture
async def other_user(session: AsyncSession) -> User:
    """Bob, whose data Ann must never see."""
    return await new_user(session, "bob@example.com")


@pytest.fixture
def headers(user: User) -> dict[str, str]:
    """What Ann's requests carry."""
    return bearer(user)


@pytest.fixture
def other_headers(other_user: User) -> dict[str, str]:
    """What Bob's requests carry."""
    return bearer(other_user)


async def new_user(session: AsyncSession, email: str) -> User:
    """A verified user, straight into the database: registering is slower, and has tests of its own."""
    user = User(email=email, password_hash=await hash_password(PASSWORD), is_verified=True)
    session.add(user)
    await session.commit()
    return user


def bearer(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(user.id, Purpose.ACCESS)}"}
