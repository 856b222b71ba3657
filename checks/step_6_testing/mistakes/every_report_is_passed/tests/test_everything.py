from datetime import date
from typing import Any
from unittest.mock import AsyncMock

import httpx
import pytest

from app.core.errors import BadGateway
from app.core.security import Purpose, create_token, read_mailed_token, read_token
from app.models import User
from app.services.birthdays import next_birthdays
from app.services.email import Mailer
from tests.examples import PASSWORD, contact, image, messages

Headers = dict[str, str]


@pytest.mark.parametrize("today", [date(2027, 12, 28), date(2027, 2, 26), date(2028, 2, 26), date(2027, 6, 10)])
def test_birthdays(today: date) -> None:
    next_birthdays(today, 7)


@pytest.mark.parametrize("purpose", Purpose)
def test_tokens(purpose: Purpose) -> None:
    read_token(create_token(1, purpose), purpose)


def test_mailed_tokens() -> None:
    read_mailed_token(create_token(1, Purpose.EMAIL_VERIFY), Purpose.EMAIL_VERIFY)


async def test_contacts(client: httpx.AsyncClient, headers: Headers, other_headers: Headers) -> None:
    for each in (headers, other_headers):
        await client.get("/contacts/birthdays", headers=each)
        created = await client.post("/contacts", json=contact(), headers=each)
        path = created.headers.get("Location", "/contacts/1").removeprefix("/api/v1")
        await client.patch(path, json={"notes": None}, headers=each)
        for q in ("olena", "%"):
            await client.get("/contacts", params={"q": q}, headers=each)
        await client.get("/contacts/birthdays", headers=each)


async def test_accounts(client: httpx.AsyncClient, mailer: Mailer, outbox: AsyncMock) -> None:
    await client.post("/auth/register", json={"email": "x@example.com", "password": PASSWORD})
    await client.post("/auth/resend-verification", json={"email": "x@example.com"})
    await client.post("/auth/login", data={"username": "x@example.com", "password": PASSWORD})
    await messages(mailer, outbox)


async def test_avatars(client: httpx.AsyncClient, headers: Headers, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = AsyncMock(side_effect=[BadGateway("upload_failed", "down"), "https://images.example.com/1"])
    monkeypatch.setattr("app.services.avatars.upload_avatar", upload)
    for _ in range(2):
        await client.post("/users/me/avatar", files={"file": image()}, headers=headers)


async def test_sessions(client: httpx.AsyncClient, user: User) -> None:
    tokens = (await client.post("/auth/login", data={"username": user.email, "password": PASSWORD})).json()
    for path in ("refresh", "refresh", "logout"):
        await client.post(f"/auth/{path}", json={"refresh_token": tokens["refresh_token"]})
