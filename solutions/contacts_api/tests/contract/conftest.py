"""Fixtures for tests over HTTP: an application with a database, a Redis and an outbox of the test's own, and users."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import httpx
import pytest
from fakeredis import FakeAsyncRedis
from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.deps import get_cache, get_login_sessions, get_mailer
from app.api.limits import get_rate_limits
from app.core.cache import Cache
from app.core.config import Settings, get_settings
from app.core.database import Base, create_engine, create_sessions, get_sessions
from app.core.rate_limit import RateLimits
from app.core.redis import RedisClient
from app.core.security import hash_password
from app.main import create_app
from app.models import User
from app.services.email import Mailer
from app.services.sessions import LoginSessions

PASSWORD = "a pass phrase"
JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Settings]:
    """Settings that do not depend on the machine: no `.env`, cheap password hashes, no rate limits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/contract.sqlite3")
    monkeypatch.setenv("BCRYPT_ROUNDS", "4")
    monkeypatch.setenv("RATE_LIMIT_ENABLED", "false")
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """A database with new, empty tables."""
    engine = create_engine(settings.database_url)
    async with engine.begin() as transaction:
        await transaction.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture(autouse=True)
def outbox(monkeypatch: pytest.MonkeyPatch) -> AsyncMock:
    """Stands in for the mail server, in every test. Its calls are the messages that were sent."""
    outbox = AsyncMock()
    monkeypatch.setattr(Mailer, "send", outbox)
    return outbox


@pytest.fixture
def mailer(settings: Settings) -> Mailer:
    """The application's mailer. Its messages end in the outbox."""
    return Mailer(settings)


@pytest.fixture
async def application(settings: Settings, engine: AsyncEngine, mailer: Mailer) -> AsyncIterator[FastAPI]:
    """A new application. Its Redis is one in memory."""
    redis = FakeAsyncRedis()

    async def run(command: Callable[[Any], Awaitable[Any]], _seconds: float = 0) -> Any:
        return await command(redis)

    client = AsyncMock(spec=RedisClient, run=run)
    sessions = create_sessions(engine)
    cache, login_sessions, rate_limits = Cache(client), LoginSessions(client), RateLimits(settings, client)
    application = create_app()
    application.dependency_overrides |= {
        get_sessions: lambda: sessions,
        get_mailer: lambda: mailer,
        get_cache: lambda: cache,
        get_login_sessions: lambda: login_sessions,
        get_rate_limits: lambda: rate_limits,
    }
    yield application
    await redis.aclose()


@pytest.fixture
async def client(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Sends requests straight to the application. It keeps no cookies: each request says who it is from."""
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        yield client


class Person:
    """A verified user, and what a client does for them. `headers` are those of the last login."""

    def __init__(self, client: httpx.AsyncClient, identifier: int, email: str) -> None:
        self.client = client
        self.id = identifier
        self.email = email
        self.headers: dict[str, str] = {}

    async def login(self, password: str = PASSWORD) -> httpx.Response:
        """The answer to a login with this password."""
        answer = await self.client.post("/auth/login", data={"username": self.email, "password": password})
        self.client.cookies.clear()
        if answer.status_code == 200:
            self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return answer

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The answer to a request of this user."""
        return await self.client.request(method, path, headers=self.headers, **more)


People = Callable[..., Awaitable[Person]]


@pytest.fixture
def people(engine: AsyncEngine, client: httpx.AsyncClient) -> People:
    """Makes a verified user who is logged in: `await people("ann@example.com")`, or `role="admin"` for an admin."""

    async def make(email: str, role: str = "user") -> Person:
        async with create_sessions(engine)() as session:
            user = User(email=email, password_hash=await hash_password(PASSWORD), is_verified=True)
            session.add(user)
            await session.commit()
            await session.execute(update(User).where(User.id == user.id).values(role=role))
            await session.commit()
            person = Person(client, user.id, email)
        assert (await person.login()).status_code == 200
        return person

    return make


Mailed = Callable[[], Awaitable[list[str]]]


@pytest.fixture
def mailed_tokens(mailer: Mailer, outbox: AsyncMock) -> Mailed:
    """Reads the token in each message that was sent so far, the oldest first: `await mailed_tokens()`."""

    async def read() -> list[str]:
        await asyncio.gather(*mailer.on_their_way)
        bodies = [str(call.args[0].body) for call in outbox.await_args_list]
        return [token for body in bodies for token in JWT.findall(body) if token.count(".") == 2 and len(token) > 100]

    return read
