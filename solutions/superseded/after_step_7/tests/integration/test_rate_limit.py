"""Rate limits. They are off in all other tests, because all requests of the tests come from one address."""

import httpx
import pytest

from app.core.config import Settings
from app.models import User
from tests.examples import PASSWORD


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The settings of the other tests, with limits."""
    return settings.model_copy(update={"rate_limit_enabled": True})


def is_refusal(response: httpx.Response) -> bool:
    """Whether this is a complete refusal: the client learns why, and how long to wait."""
    if response.status_code != 429:
        return False
    assert response.json()["code"] == "rate_limited"
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    return True


async def test_registering_is_limited(client: httpx.AsyncClient) -> None:
    accounts = [{"email": f"user{number}@example.com", "password": PASSWORD} for number in range(6)]
    responses = [await client.post("/auth/register", json=account) for account in accounts]
    assert [response.status_code for response in responses[:5]] == [201] * 5
    assert is_refusal(responses[5])


async def test_wrong_passwords_count_and_then_the_right_one_is_refused_too(
    client: httpx.AsyncClient, user: User
) -> None:
    wrong, right = ({"username": user.email, "password": password} for password in ("wrong", PASSWORD))
    for _ in range(10):
        assert (await client.post("/auth/login", data=wrong)).status_code == 401
    assert is_refusal(await client.post("/auth/login", data=right))


async def test_refused_registrations_count(client: httpx.AsyncClient, user: User) -> None:
    taken = {"email": user.email, "password": PASSWORD}
    for _ in range(5):
        assert (await client.post("/auth/register", json=taken)).status_code == 409
    assert is_refusal(await client.post("/auth/register", json=taken))


async def test_asking_for_another_message_is_limited(client: httpx.AsyncClient) -> None:
    responses = [await client.post("/auth/resend-verification", json={"email": "x@example.com"}) for _ in range(4)]
    assert [response.status_code for response in responses[:3]] == [202] * 3
    assert is_refusal(responses[3])


async def test_other_routes_are_not_limited(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    responses = [await client.get("/contacts", headers=headers) for _ in range(20)]
    assert {response.status_code for response in responses} == {200}
