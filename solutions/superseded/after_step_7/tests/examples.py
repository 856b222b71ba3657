"""Data that is right, for tests that change one thing about it, and short names for what many tests do."""

import asyncio
import io
import re
from typing import Any
from unittest.mock import AsyncMock

import httpx
from fastapi_mail import MessageSchema
from PIL import Image

from app.services.email import Mailer

PASSWORD = "a pass phrase"


def contact(**changes: Any) -> dict[str, Any]:
    """A contact as a client sends it, with every field."""
    return {
        "first_name": "Olena",
        "last_name": "Kovalenko",
        "email": "olena@example.com",
        "phone": "+380501234567",
        "birthday": "1991-08-24",
        "notes": "Met in Lviv.",
    } | changes


async def create(client: httpx.AsyncClient, headers: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A contact that the user of `headers` has stored, as the API shows it."""
    response = await client.post("/contacts", json=contact(**changes), headers=headers)
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.json()
    return created


async def born(client: httpx.AsyncClient, headers: dict[str, str], *birthdays: str) -> None:
    """One contact for each birthday."""
    for birthday in birthdays:
        await create(client, headers, birthday=birthday, email=f"{birthday}@example.com")


async def upcoming(client: httpx.AsyncClient, headers: dict[str, str], **query: int) -> list[dict[str, Any]]:
    """The birthdays that the user of `headers` is told."""
    response = await client.get("/contacts/birthdays", params=query, headers=headers)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()
    return found


async def messages(mailer: Mailer, outbox: AsyncMock) -> list[MessageSchema]:
    """The messages sent so far. They are sent in the background, so wait for those on their way."""
    await asyncio.gather(*mailer.on_their_way)
    return [call.args[0] for call in outbox.await_args_list]


def token_in(message: MessageSchema) -> str:
    """The token in the link of a message."""
    link = re.search(r"/auth/verify/(\S+)", str(message.body))
    assert link is not None, message.body
    return link[1]


def image(kind: str = "PNG") -> bytes:
    """A small image file of this kind."""
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "green").save(file, kind)
    return file.getvalue()
