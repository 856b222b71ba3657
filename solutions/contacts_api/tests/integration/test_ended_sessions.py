"""A new password and a deactivation end all sessions, also where answers come out of the cache."""

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.security import Purpose, create_token
from app.models import User
from app.models.user import Role
from tests.examples import ANN, BOB, SignIn, log_in

CACHED = "/contacts/birthdays"


@pytest.fixture
def redis_url(each_redis: str) -> str:
    """Here it is Redis that counts, so the tests run on each kind."""
    return each_redis


async def get_user(application: FastAPI, client: httpx.AsyncClient) -> User:
    """The user that `client` is logged in with."""
    async with application.state.sessions() as session:
        user: User = await session.get_one(User, (await client.get("/users/me")).json()["id"])
        return user


@pytest.fixture
async def admin(application: FastAPI, bob: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client that Bob is logged in with, who has become an admin."""
    async with application.state.sessions.begin() as session:
        await session.execute(update(User).where(User.email == BOB["email"]).values(role=Role.ADMIN))
    return bob


async def set_active(admin: httpx.AsyncClient, user: User, active: bool) -> None:
    answer = await admin.patch(f"/admin/users/{user.id}", json={"is_active": active})
    assert answer.status_code == 200, answer.text


async def test_a_deactivated_user_gets_no_cached_answer(
    ann: httpx.AsyncClient, admin: httpx.AsyncClient, application: FastAPI
) -> None:
    assert (await ann.get(CACHED)).status_code == 200
    await set_active(admin, await get_user(application, ann), False)
    assert (await ann.get(CACHED)).status_code == 401


@pytest.mark.parametrize("how", ["a new password", "deactivated and let in again"])
async def test_an_access_token_from_before_opens_nothing_that_the_next_login_left_in_the_cache(
    ann: httpx.AsyncClient, admin: httpx.AsyncClient, clients: SignIn, application: FastAPI, how: str
) -> None:
    user = await get_user(application, ann)
    if how == "a new password":
        token = create_token(user.id, Purpose.PASSWORD_RESET, email=user.email, fingerprint=user.fingerprint)
        await admin.post("/auth/password-reset/confirm", json={"token": token, "password": ANN["password"]})
    else:
        await set_active(admin, user, False)
        await set_active(admin, user, True)
    again = await clients.stranger()
    again.headers["Authorization"] = f"Bearer {(await log_in(again, ANN))['access_token']}"
    assert [(await again.get(CACHED)).status_code for _ in range(2)] == [200, 200]
    refused = await ann.get(CACHED)
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
