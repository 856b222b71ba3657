"""While the database is unavailable, requests are answered in time: with 503, and with the time to wait."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from time import perf_counter

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core.database import create_engine, create_sessions
from app.core.database_errors import DATABASE_ERRORS, is_unavailable
from tests import databases
from tests.conftest import POSTGRES
from tests.examples import contact
from tests.redis_servers import Wire, wire_to

ANSWERED_WITHIN = 5.0
"""Seconds."""


def expect_unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_sqlite_file_that_stays_locked_is_a_503(
    application: FastAPI, ann: httpx.AsyncClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(database_url, timeout=0.1)
    async with engine.connect() as connection:
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        monkeypatch.setattr(application.state, "sessions", create_sessions(engine))
        expect_unavailable(await ann.post("/contacts", json=contact()))
        assert (await ann.get("/contacts")).status_code == 200
        assert (await ann.get("/health")).status_code == 200
    assert (await ann.post("/contacts", json=contact())).status_code == 201
    await engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_request_waits_long_for_a_connection_to_sqlite(
    application: FastAPI, ann: httpx.AsyncClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(database_url, timeout=0.1)
    async with AsyncExitStack() as stack:

        async def take_all_connections() -> None:
            while True:  # by default the pool lets the last one wait for 30 s
                async with asyncio.timeout(ANSWERED_WITHIN):
                    await stack.enter_async_context(engine.connect())

        with pytest.raises(PoolTimeoutError):
            await take_all_connections()
        monkeypatch.setattr(application.state, "sessions", create_sessions(engine))
        expect_unavailable(await ann.get("/contacts"))
    assert (await ann.get("/contacts")).status_code == 200
    await engine.dispose()


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=POSTGRES)], indirect=True)
@pytest.mark.parametrize(
    ("sqlstate", "unavailable"),
    [
        ("08006", True),  # connection_failure
        ("25006", True),  # read_only_sql_transaction
        ("28P01", True),  # invalid_password: the host is changing it
        ("3D000", True),  # invalid_catalog_name: the host is restoring the database
        ("40001", True),  # serialization_failure
        ("53300", True),  # too_many_connections
        ("55000", True),  # object_not_in_prerequisite_state: the database accepts no connections
        ("55P03", True),  # lock_not_available
        ("57014", True),  # query_canceled
        ("57P01", True),  # admin_shutdown
        ("22003", False),  # numeric_value_out_of_range
        ("23502", False),  # not_null_violation
        ("42P01", False),  # undefined_table
    ],
)
async def test_the_sqlstate_tells_an_outage_from_a_wrong_statement(
    database_url: str, sqlstate: str, unavailable: bool
) -> None:
    engine = create_engine(database_url)
    with pytest.raises(DBAPIError) as error:
        async with engine.connect() as connection:
            await connection.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}'; END $$"))
    await engine.dispose()
    assert is_unavailable(error.value) is unavailable


@pytest.fixture
def limited_url(database_url: str) -> Iterator[str]:
    """The URL of the database for a role that may open one connection."""
    role, password = f"contacts_test_{uuid.uuid4().hex}", uuid.uuid4().hex
    databases.execute(database_url, f"CREATE ROLE {role} LOGIN PASSWORD '{password}' CONNECTION LIMIT 1")
    yield make_url(database_url).set(username=role, password=password).render_as_string(hide_password=False)
    databases.execute(database_url, f"DROP ROLE {role}")


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=POSTGRES)], indirect=True)
async def test_too_many_connections_are_an_outage(limited_url: str) -> None:
    engine = create_engine(limited_url)
    async with engine.connect():
        with pytest.raises(DATABASE_ERRORS) as error:
            await engine.connect()
    await engine.dispose()
    assert is_unavailable(error.value)


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=POSTGRES)], indirect=True)
async def test_a_table_that_stays_locked_is_a_503(ann: httpx.AsyncClient, database_url: str) -> None:
    engine = create_engine(database_url)
    async with engine.connect() as connection:
        await connection.execute(text("LOCK TABLE contacts"))
        began = perf_counter()
        expect_unavailable(await ann.post("/contacts", json=contact()))
        assert perf_counter() - began < ANSWERED_WITHIN
        assert (await ann.get("/users/me")).status_code == 200
    await engine.dispose()
    assert (await ann.post("/contacts", json=contact())).status_code == 201


class TestWire:
    """The application reaches PostgreSQL through a wire that can be cut."""

    pytestmark = POSTGRES

    @pytest.fixture
    async def database_wire(self, migrated_postgres: str) -> AsyncIterator[Wire]:
        url = make_url(migrated_postgres)
        async with wire_to(url.set(port=url.port or 5432).render_as_string(hide_password=False)) as wire:
            yield wire

    @pytest.fixture
    def database_url(self, migrated_postgres: str, database_wire: Wire) -> Iterator[str]:
        url = make_url(migrated_postgres).set(host="127.0.0.1", port=make_url(database_wire.url).port)
        yield url.render_as_string(hide_password=False)
        databases.empty(migrated_postgres)

    async def test_a_database_that_does_not_answer_is_a_503_in_time(
        self, ann: httpx.AsyncClient, database_wire: Wire
    ) -> None:
        database_wire.hang()
        began = perf_counter()
        answers = await asyncio.gather(
            ann.get("/users/me"),
            ann.get("/contacts"),
            ann.post("/contacts", json=contact()),
            ann.post("/auth/login", data={"username": "ann@example.com", "password": "x"}),
        )
        assert perf_counter() - began < ANSWERED_WITHIN
        for answer in answers:
            expect_unavailable(answer)
        assert (await ann.get("/health")).status_code == 200
        assert (await ann.get("/health/ready")).json()["code"] == "not_ready"
        await database_wire.mend()
        assert (await ann.get("/users/me")).status_code == 200

    async def test_a_database_that_restarts_is_a_503_until_it_is_back(
        self, ann: httpx.AsyncClient, database_wire: Wire
    ) -> None:
        stop = asyncio.Event()

        async def read() -> set[int]:
            statuses = set()
            while not stop.is_set():
                statuses.add((await ann.get("/contacts")).status_code)
            return statuses

        readers = [asyncio.create_task(read()) for _ in range(4)]
        for _ in range(3):
            await asyncio.sleep(0.2)
            await database_wire.cut()
            await asyncio.sleep(0.2)
            await database_wire.mend()
        stop.set()
        assert set().union(*await asyncio.gather(*readers)) == {200, 503}
        assert (await ann.get("/contacts")).status_code == 200

    async def test_connections_that_the_database_ends_are_a_503_at_most(
        self, ann: httpx.AsyncClient, migrated_postgres: str
    ) -> None:
        engine = create_engine(migrated_postgres)
        ending = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        statuses = set()
        async with engine.connect() as connection:
            for _ in range(10):
                requests = [asyncio.create_task(ann.get("/contacts")) for _ in range(8)]
                await asyncio.sleep(0.01)
                await connection.execute(ending)
                statuses |= {answer.status_code for answer in await asyncio.gather(*requests)}
        await engine.dispose()
        assert statuses <= {200, 503}
        assert (await ann.get("/contacts")).status_code == 200
