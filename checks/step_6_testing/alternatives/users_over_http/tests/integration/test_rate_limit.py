"""Rate limits, switched on after the users of the test have registered."""

import httpx
import pytest
from fastapi import FastAPI

from app.api.limits import get_rate_limits
from app.core.config import Settings
from app.core.rate_limit import RateLimits
from app.models import User
from tests.examples import PASSWORD
from tests.stand_ins import client_without_redis


@pytest.fixture
def limited(application: FastAPI, settings: Settings, user: User) -> User:
    """A user of an application whose limits begin to count now."""
    limits = RateLimits(settings.model_copy(update={"rate_limit_enabled": True}), client_without_redis())
    application.dependency_overrides[get_rate_limits] = lambda: limits
    return user


async def test_guessing_passwords_ends(client: httpx.AsyncClient, limited: User) -> None:
    guesses = [{"username": limited.email, "password": f"guess {number}"} for number in range(10)]
    answers = [await client.post("/auth/login", data=guess) for guess in guesses]
    assert [answer.status_code for answer in answers] == [401] * 10
    right = await client.post("/auth/login", data={"username": limited.email, "password": PASSWORD})
    assert (right.status_code, right.json()["code"]) == (429, "rate_limited")


async def test_registering_is_limited(client: httpx.AsyncClient, limited: User) -> None:
    account = {"email": limited.email, "password": PASSWORD}
    statuses = [(await client.post("/auth/register", json=account)).status_code for _ in range(6)]
    assert statuses == [409] * 5 + [429]
