"""Whether the application lives, and whether it can work."""

import socket
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from app.api.v1 import health
from app.core.database import create_engine, create_sessions
from tests.servers import closed, silent


async def test_a_living_process_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_monitor_that_asks_for_the_headers_alone_is_answered(client: httpx.AsyncClient) -> None:
    assert (await client.head("/health")).status_code == 200
    assert (await client.head("/health/ready")).status_code == 200


async def test_it_is_ready_when_the_database_answers(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/ready")).status_code == 200


@pytest.mark.parametrize("make_server", [silent, closed])
async def test_without_its_database_it_lives_but_is_not_ready(
    client: httpx.AsyncClient,
    application: FastAPI,
    monkeypatch: pytest.MonkeyPatch,
    make_server: Callable[[], socket.socket],
) -> None:
    monkeypatch.setattr(health, "TIMEOUT", 0.05)
    with make_server() as server:
        engine = create_engine(f"postgresql+asyncpg://nobody@127.0.0.1:{server.getsockname()[1]}/none")
        monkeypatch.setattr(application.state, "sessions", create_sessions(engine))
        alive, ready = await client.get("/health"), await client.get("/health/ready")
        await engine.dispose()
    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")
    assert "database" in ready.json()["detail"]
