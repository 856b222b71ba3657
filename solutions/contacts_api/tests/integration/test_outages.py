"""The whole application while what it depends on is away, at the other end of real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from time import perf_counter
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.config import get_settings
from app.core.database import create_engine, create_sessions
from tests.conftest import POSTGRES
from tests.examples import ANN, SignIn, contact, create, log_in
from tests.redis_servers import Wire
from tests.servers import closed, silent

UNBEARABLE = 4.0
"""Seconds. 0.25 are allowed, and 1 for a refresh; the rest is for a busy machine. Without a timeout it takes longer."""


@pytest.fixture
def redis_url(wire: Wire) -> str:
    """The application reaches Redis through a wire that can be cut."""
    return wire.url


@pytest.fixture
async def application(application: FastAPI, settings: pytest.MonkeyPatch) -> AsyncIterator[FastAPI]:
    """The application with its limits switched on, and with the timeout that is shipped."""
    settings.delenv("REDIS_TIMEOUT")
    settings.setenv("RATE_LIMIT_ENABLED", "true")
    get_settings.cache_clear()
    async with application.router.lifespan_context(application):
        yield application


async def break_down(wire: Wire, how: str) -> None:
    if how == "hanging":
        wire.hang()
    else:
        await wire.cut()


async def ordinary_life(client: httpx.AsyncClient, ann: httpx.AsyncClient) -> list[tuple[float, httpx.Response]]:
    """What users do, and how long each of it took."""
    answers: list[tuple[float, httpx.Response]] = []

    async def call(client: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response:
        began = perf_counter()
        answer = await client.request(method, path, **more)
        answers.append((perf_counter() - began, answer))
        return answer

    await call(client, "POST", "/auth/register", json={"email": "new@example.com", "password": "long enough"})
    form = {"username": ANN["email"], "password": ANN["password"]}
    tokens = (await call(client, "POST", "/auth/login", data=form)).json()
    await call(client, "POST", "/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    await call(client, "POST", "/auth/logout", json={"refresh_token": tokens["refresh_token"]})
    await call(client, "POST", "/auth/resend-verification", json={"email": "new@example.com"})
    created = await call(ann, "POST", "/contacts", json=contact())
    await call(ann, "GET", "/contacts/birthdays")
    await call(ann, "PATCH", created.headers["Location"].removeprefix("/api/v1"), json={"phone": "112"})
    await call(ann, "GET", "/contacts/birthdays")
    await call(ann, "DELETE", created.headers["Location"].removeprefix("/api/v1"))
    await call(ann, "GET", "/health/ready")
    return answers


@pytest.mark.parametrize("how", ["hanging", "gone"])
@pytest.mark.parametrize("when", ["from the start", "in the middle"])
async def test_without_redis_only_refresh_and_logout_are_refused_and_no_request_waits_long(
    client: httpx.AsyncClient, ann: httpx.AsyncClient, wire: Wire, how: str, when: str
) -> None:
    if when == "in the middle":
        await ann.get("/contacts/birthdays")
    await break_down(wire, how)
    answers = await ordinary_life(client, ann)
    assert [answer.status_code for _, answer in answers] == [201, 200, 503, 503, 202, 201, 200, 200, 200, 204, 200]
    assert max(seconds for seconds, _ in answers) < UNBEARABLE


@pytest.mark.parametrize("how", ["hanging", "gone"])
async def test_redis_may_go_and_come_back_at_any_time(ann: httpx.AsyncClient, wire: Wire, how: str) -> None:
    await create(ann)
    stop = asyncio.Event()

    async def read() -> set[int]:
        statuses = set()
        while not stop.is_set():
            statuses.add((await ann.get("/contacts/birthdays")).status_code)
        return statuses

    readers = [asyncio.create_task(read()) for _ in range(4)]
    for _ in range(3):
        await ann.get("/contacts/birthdays")
        await break_down(wire, how)
        await ann.get("/contacts/birthdays")
        await wire.mend()
    stop.set()
    assert set().union(*await asyncio.gather(*readers)) == {200}


async def test_who_waits_for_redis_holds_up_nobody_else(clients: SignIn, ann: httpx.AsyncClient, wire: Wire) -> None:
    other = await clients.stranger()
    wire.hang()
    waiting = [asyncio.create_task(ann.get("/contacts/birthdays")), asyncio.create_task(log_in(other, ANN))]
    answered = 0
    while not all(task.done() for task in waiting):
        assert (await other.get("/health")).status_code == 200
        answered += 1
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert answered > 5


@pytest.mark.parametrize("make_server", [silent, closed])
async def test_without_the_database_every_answer_has_the_one_shape(
    client: httpx.AsyncClient,
    ann: httpx.AsyncClient,
    application: FastAPI,
    monkeypatch: pytest.MonkeyPatch,
    make_server: Callable[[], Any],
) -> None:
    with make_server() as server:
        engine = create_engine(f"postgresql+asyncpg://nobody@127.0.0.1:{server.getsockname()[1]}/none", timeout=0.05)
        monkeypatch.setattr(application.state, "sessions", create_sessions(engine))
        answers = [
            await ann.get("/contacts"),
            await ann.get("/contacts/birthdays"),
            await ann.post("/contacts", json=contact()),
            await client.post("/auth/register", json=ANN),
            await client.post("/auth/login", data={"username": "a@b.cd", "password": "x"}),
        ]
        alive = await client.get("/health")
        await engine.dispose()
    assert alive.status_code == 200
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.json().keys() == {"detail", "code"}
        assert str(server) not in answer.text


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=POSTGRES)], indirect=True)
async def test_a_connection_that_the_database_has_closed_is_replaced(
    ann: httpx.AsyncClient, application: FastAPI, session: AsyncSession
) -> None:
    async with application.state.sessions() as pooled:
        connection = (await (await pooled.connection()).get_raw_connection()).driver_connection
    await session.execute(select(func.pg_terminate_backend(connection.get_server_pid())))
    while not connection.is_closed():  # noqa: ASYNC110 - the driver has no event
        await asyncio.sleep(0)
    assert (await ann.get("/contacts")).status_code == 200
