"""How often a message for a new password can be asked for."""

import httpx
import pytest
from fastapi import FastAPI


@pytest.fixture(autouse=True)
def limits(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("RATE_LIMIT_ENABLED", "true")


async def ask(application: FastAPI, address: str, email: str = "ann@example.com") -> httpx.Response:
    """The answer to a client at this address."""
    transport = httpx.ASGITransport(application, client=(address, 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://contacts.example/api/v1") as client:
        return await client.post("/auth/password-reset/request", json={"email": email})


async def test_three_password_resets_a_minute_and_three_an_hour_for_an_account(application: FastAPI) -> None:
    answers = [await ask(application, "192.0.2.1") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202] * 3 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    refused = await ask(application, "192.0.2.2", "ANN@example.com")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600
    assert (await ask(application, "192.0.2.2", "bob@example.com")).status_code == 202
