"""Fixtures from the inside out: settings -> engine -> session -> application -> client -> user -> headers."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from unittest.mock import AsyncMock

import httpx
import pytest
from fakeredis import FakeAsyncRedis
from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.api.deps import get_cache, get_login_sessions, get_mailer
from app.api.limits import get_rate_limits
from app.core.cache import Cache
from app.core.config import Settings, get_settings
from app.core.database import Base, create_engine, create_sessions, get_sessions
from app.core.rate_limit import RateLimits
from app.core.security import Purpose, create_token, hash_password
from app.main import create_app
from app.models import User
from app.services.email import Mailer
from app.services.sessions import LoginSessions
from tests.examples import PASSWORD
from tests.stand_ins import client_of, client_without_redis

URL = os.environ.get("TEST_DATABASE_URL")
"""An empty database for the tests. Without it each test has an SQLite file of its own."""
REDIS_URL = os.environ.get("TEST_REDIS_URL")
"""A Redis that the tests may empty. Without it fakeredis stands in."""


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


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    """An empty Redis."""
    redis = Redis.from_url(REDIS_URL) if REDIS_URL else FakeAsyncRedis()
    await redis.flushdb()
    yield redis
    await redis.aclose()


@pytest.fixture(autouse=True)
def outbox(monkeypatch: pytest.MonkeyPatch) -> AsyncMock:
    """Stands in for the mail server, in every test. `messages` in tests/examples.py reads what was sent."""
    outbox = AsyncMock()
    monkeypatch.setattr(Mailer, "send", outbox)
    return outbox


@pytest.fixture
def mailer(settings: Settings) -> Mailer:
    """The application's mailer. Its messages end in the outbox."""
    return Mailer(settings)


@pytest.fixture
def application(settings: Settings, engine: AsyncEngine, redis: Redis, mailer: Mailer) -> FastAPI:
    """A new application on the test's database and Redis. Limits count in memory, so each test begins with none."""
    application = create_app()
    sessions = create_sessions(engine)
    cache, login_sessions = Cache(client_of(redis)), LoginSessions(client_of(redis))
    rate_limits = RateLimits(settings, client_without_redis())
    application.dependency_overrides |= {
        get_sessions: lambda: sessions,
        get_mailer: lambda: mailer,
        get_cache: lambda: cache,
        get_login_sessions: lambda: login_sessions,
        get_rate_limits: lambda: rate_limits,
    }
    return application


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
