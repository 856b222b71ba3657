"""Data that is right, for tests that change one thing about it, and users who log in."""

from collections.abc import Awaitable, Callable
from typing import Any, TypedDict

import httpx
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core.security import hash_password
from app.models import User
from tests.mailbox import Mailbox


class Account(TypedDict):
    """What somebody registers with."""

    email: str
    password: str


ANN = Account(email="ann@example.com", password="a pass phrase of Ann")
BOB = Account(email="bob@example.com", password="a pass phrase of Bob")


def contact(**changes: Any) -> dict[str, Any]:
    """A contact as a client sends it, with every field."""
    return {
        "last_name": "Kovalenko",
        "first_name": "Olena",
        "email": "olena@example.com",
        "phone": "+380501234567",
        "birthday": "1991-08-24",
        "notes": "Met in Lviv.",
    } | changes


async def create(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """A contact that the user of `client` has stored, as the API shows it."""
    answer = await client.post("/contacts", json=contact(**changes))
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def sign_up(client: httpx.AsyncClient, mailbox: Mailbox, account: Account) -> None:
    """Opens an account and follows the link in the message."""
    answer = await client.post("/auth/register", json=account)
    assert answer.status_code == 201, answer.text
    answer = await client.get(await mailbox.next_link(account["email"]))
    assert answer.status_code == 200, answer.text


async def log_in(client: httpx.AsyncClient, account: Account) -> dict[str, str]:
    """The tokens that `account` gets."""
    answer = await client.post("/auth/login", data={"username": account["email"], "password": account["password"]})
    assert answer.status_code == 200, answer.text
    tokens: dict[str, str] = answer.json()
    return tokens


def problem_fields(answer: httpx.Response) -> list[str]:
    """The fields that a 422 complains about."""
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert body["code"] == "validation_error"
    assert body["detail"]
    assert all(error["message"] for error in body["errors"])
    return [error["field"] for error in body["errors"]]


class SignIn:
    """Makes clients of strangers and of users."""

    def __init__(
        self, make: Callable[[], Awaitable[httpx.AsyncClient]], sessions: async_sessionmaker[AsyncSession]
    ) -> None:
        self._make = make
        self._sessions = sessions

    async def stranger(self) -> httpx.AsyncClient:
        return await self._make()

    async def user(self, account: Account) -> httpx.AsyncClient:
        """A client that is logged in to a new account.

        The account goes straight into the database: to register and to verify the address takes longer than most
        tests, and has tests of its own.
        """
        password_hash = await hash_password(account["password"])
        async with self._sessions() as session:
            session.add(User(email=account["email"], password_hash=password_hash, is_verified=True))
            await session.commit()
        client = await self._make()
        tokens = await log_in(client, account)
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return client
