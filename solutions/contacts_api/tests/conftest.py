"""Fixtures from the inside out: settings -> database -> application -> client -> a user who is logged in."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from redis import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import redis
from app.core.config import Settings, get_settings
from app.core.database import create_engine, create_sessions
from app.main import create_app
from app.services import email
from app.services.sessions import LoginSessions
from tests import databases, examples, redis_servers
from tests.examples import SignIn
from tests.mailbox import Mailbox, open_mailbox
from tests.picture_store import PictureStore, configured_picture_store
from tests.redis_servers import Wire, wire_to

POSTGRES = pytest.mark.skipif(databases.POSTGRES_URL is None, reason="TEST_POSTGRES_URL names no PostgreSQL server")
REAL_REDIS = pytest.mark.skipif(redis_servers.REAL_URL is None, reason="TEST_REDIS_URL names no Redis database")


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """Default settings, whatever the shell and a .env say, but with hashing that takes a millisecond."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("BCRYPT_ROUNDS", "4")
    monkeypatch.setenv("RATE_LIMIT_ENABLED", "false")
    get_settings.cache_clear()
    yield monkeypatch
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file as the migrations make it, to be copied."""
    return databases.migrated_sqlite(tmp_path_factory.mktemp("migrated") / "template.sqlite3")


@pytest.fixture(scope="session")
def migrated_postgres() -> Iterator[str]:
    """The URL of a PostgreSQL database as the migrations make it."""
    with databases.migrated_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=POSTGRES)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of this test's own, with all tables and no rows. The test runs once for each kind of database."""
    if request.param == "sqlite":
        yield databases.copy_sqlite(request.getfixturevalue("migrated_sqlite"), tmp_path)
    else:
        url: str = request.getfixturevalue("migrated_postgres")
        yield url
        databases.empty(url)


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[AsyncSession]:
    """A session like the one of a request."""
    engine = create_engine(database_url)
    async with create_sessions(engine)() as session:
        yield session
    await engine.dispose()


@pytest.fixture(scope="session")
def embedded_redis() -> Iterator[str]:
    """The URL of a Redis in this process."""
    with redis_servers.embedded_redis() as url:
        yield url


@pytest.fixture
def redis_url(embedded_redis: str) -> str:
    """An empty Redis. The tests of what uses it run on a real one too: see `each_redis`."""
    redis_servers.empty(embedded_redis)
    return embedded_redis


@pytest.fixture
def redis_timeout() -> float:
    """Seconds that Redis may take to answer: long, because a busy machine is no outage."""
    return 5


@pytest.fixture(params=["embedded", pytest.param("real", marks=REAL_REDIS)])
def each_redis(request: pytest.FixtureRequest) -> str:
    """An empty Redis. The test runs once for each kind."""
    url = str(redis_servers.REAL_URL if request.param == "real" else request.getfixturevalue("embedded_redis"))
    redis_servers.empty(url)
    return url


@pytest.fixture
async def wire(each_redis: str) -> AsyncIterator[Wire]:
    """A wire to Redis, which can be cut. The test runs once for each kind."""
    async with wire_to(each_redis) as wire:
        yield wire


@pytest.fixture
async def processes(
    wire: Wire, redis_timeout: float, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[LoginSessions, LoginSessions]]:
    """What two processes with one Redis know about sessions."""
    monkeypatch.setattr(redis, "COOL_DOWN", 0.05)
    first, second = redis.RedisClient(wire.url, redis_timeout), redis.RedisClient(wire.url, redis_timeout)
    yield LoginSessions(first), LoginSessions(second)
    await first.close()
    await second.close()


@pytest.fixture(name="redis")
def shown_redis(redis_url: str) -> Iterator[Redis]:
    """Shows what is in Redis."""
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """Where the application's messages arrive."""
    async with open_mailbox() as mailbox:
        yield mailbox


@pytest.fixture
async def store(settings: pytest.MonkeyPatch) -> AsyncIterator[PictureStore]:
    """Where the application's pictures arrive."""
    async with configured_picture_store(settings) as store:
        yield store


@cache
def built_once() -> FastAPI:
    """The application, not started. To prepare its routes, as the first request has it do, takes as long as a test."""
    return create_app()


@pytest.fixture
async def application(
    settings: pytest.MonkeyPatch, database_url: str, redis_url: str, redis_timeout: float, mailbox: Mailbox
) -> AsyncIterator[FastAPI]:
    """The application, started."""
    settings.setenv("DATABASE_URL", database_url)
    settings.setenv("REDIS_URL", redis_url)
    settings.setenv("REDIS_TIMEOUT", str(redis_timeout))
    settings.setenv("MAIL_PORT", str(mailbox.port))
    settings.setattr(email, "CLOSE_TIMEOUT", 30.0)  # a busy machine is no outage
    get_settings.cache_clear()
    application = built_once()
    async with application.router.lifespan_context(application):
        yield application
    application.dependency_overrides.clear()


@pytest.fixture
async def clients(application: FastAPI) -> AsyncIterator[SignIn]:
    """Makes clients; each has its own headers. Failures inside the application arrive as a 500, as in real life."""
    async with AsyncExitStack() as stack:

        async def make() -> httpx.AsyncClient:
            transport = httpx.ASGITransport(application, raise_app_exceptions=False)
            return await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://contacts.example/api/v1")
            )

        yield SignIn(make, application.state.sessions)


@pytest.fixture
async def client(clients: SignIn) -> httpx.AsyncClient:
    """A client that is not logged in."""
    return await clients.stranger()


@pytest.fixture
async def ann(clients: SignIn) -> httpx.AsyncClient:
    """A client that Ann is logged in with."""
    return await clients.user(examples.ANN)


@pytest.fixture
async def bob(clients: SignIn) -> httpx.AsyncClient:
    """A client that Bob is logged in with."""
    return await clients.user(examples.BOB)
