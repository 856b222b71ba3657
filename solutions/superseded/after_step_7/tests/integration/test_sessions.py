"""Refresh tokens work once, and logging out ends them."""

import httpx
import pytest
from fastapi import FastAPI

from app.api.deps import get_login_sessions
from app.models import User
from app.services.sessions import LoginSessions
from tests.examples import PASSWORD
from tests.stand_ins import client_without_redis


@pytest.fixture
async def tokens(client: httpx.AsyncClient, user: User) -> dict[str, str]:
    """The tokens that Ann has got by logging in."""
    response = await client.post("/auth/login", data={"username": user.email, "password": PASSWORD})
    found: dict[str, str] = response.json()
    return found


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/auth/refresh", json={"refresh_token": token})


def is_revoked(response: httpx.Response) -> bool:
    return response.status_code == 401 and response.json()["code"] == "token_revoked"


async def log_out(client: httpx.AsyncClient, token: str) -> int:
    return (await client.post("/auth/logout", json={"refresh_token": token})).status_code


async def test_a_refresh_token_gives_a_new_pair(client: httpx.AsyncClient, tokens: dict[str, str]) -> None:
    response = await refresh(client, tokens["refresh_token"])
    assert response.status_code == 200
    new = response.json()
    assert new["refresh_token"] != tokens["refresh_token"]
    me = await client.get("/users/me", headers={"Authorization": f"Bearer {new['access_token']}"})
    assert me.status_code == 200


async def test_a_refresh_token_works_once_and_a_second_use_ends_the_session(
    client: httpx.AsyncClient, tokens: dict[str, str]
) -> None:
    new = (await refresh(client, tokens["refresh_token"])).json()
    assert is_revoked(await refresh(client, tokens["refresh_token"]))
    assert is_revoked(await refresh(client, new["refresh_token"]))


async def test_logging_out_ends_the_refresh_token(client: httpx.AsyncClient, tokens: dict[str, str]) -> None:
    assert [await log_out(client, tokens["refresh_token"]) for _ in range(2)] == [204, 204]
    assert is_revoked(await refresh(client, tokens["refresh_token"]))


async def test_logging_out_ends_all_tokens_of_the_session(client: httpx.AsyncClient, tokens: dict[str, str]) -> None:
    first = (await refresh(client, tokens["refresh_token"])).json()
    second = (await refresh(client, first["refresh_token"])).json()
    await log_out(client, first["refresh_token"])
    assert is_revoked(await refresh(client, second["refresh_token"]))


async def test_logging_out_leaves_other_sessions_alone(
    client: httpx.AsyncClient, user: User, tokens: dict[str, str]
) -> None:
    other = await client.post("/auth/login", data={"username": user.email, "password": PASSWORD})
    await log_out(client, tokens["refresh_token"])
    assert (await refresh(client, other.json()["refresh_token"])).status_code == 200


async def test_an_access_token_neither_refreshes_nor_logs_out(
    client: httpx.AsyncClient, tokens: dict[str, str]
) -> None:
    response = await refresh(client, tokens["access_token"])
    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    assert await log_out(client, tokens["access_token"]) == 401


async def test_without_redis_no_session_is_refreshed_or_ended(
    application: FastAPI, client: httpx.AsyncClient, tokens: dict[str, str]
) -> None:
    """Fail closed: nobody can tell whether the token was revoked."""
    application.dependency_overrides[get_login_sessions] = lambda: LoginSessions(client_without_redis())
    assert (await refresh(client, tokens["refresh_token"])).status_code == 503
    assert await log_out(client, tokens["refresh_token"]) == 503
