"""Run inside a stage of the application: starts it, calls it as a user would, prints the statuses as JSON.

The arguments are commands of Alembic to carry out first, in this same process: to import the libraries takes longer
than the rest.
Messages travel over real SMTP. Neither Redis nor Cloudinary is there, as on a student's machine.
"""

import asyncio
import json
import os
import re
import socket
import struct
import sys
import zlib
from email import message_from_bytes, policy

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session
from alembic.config import main as alembic

ACCOUNT = {"email": "ann@example.com", "password": "a pass phrase of Ann"}
LOGIN = {"username": ACCOUNT["email"], "password": ACCOUNT["password"]}
CONTACT = {"first_name": "Olena", "last_name": "Koval", "email": "olena@example.com", "phone": "+380501234567"}
PATIENCE = 10


def picture() -> bytes:
    """A PNG of one pixel."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(4))),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


class Mailbox:
    """Keeps the link of the first message."""

    def __init__(self) -> None:
        self.link: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        assert isinstance(envelope.content, bytes)
        text = message_from_bytes(envelope.content, policy=policy.default).get_body(("plain",))
        found = re.search(r"/auth/verify/\S+", text.get_content() if text else "")
        if found and not self.link.done():
            self.link.set_result(found[0])
        return "250 OK"


async def probe(client: httpx.AsyncClient, mailbox: Mailbox) -> dict[str, int]:
    answers = {
        "health": await client.get("/health"),
        "register": await client.post("/auth/register", json=ACCOUNT),
        "log in unverified": await client.post("/auth/login", data=LOGIN),
    }
    if answers["log in unverified"].status_code == 403:
        answers["verify"] = await client.get(await asyncio.wait_for(mailbox.link, PATIENCE))
    tokens = (await client.post("/auth/login", data=LOGIN)).json()
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    answers |= {
        "me": await client.get("/users/me"),
        "create": await client.post("/contacts", json=CONTACT),
        "list": await client.get("/contacts"),
        "read": await client.get("/contacts/1"),
        "update": await client.patch("/contacts/1", json={"phone": "112"}),
        "delete": await client.delete("/contacts/1"),
        "birthdays": await client.get("/contacts/birthdays"),
        "avatar": await client.post("/users/me/avatar", files={"file": picture()}),
        "refresh": await client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]}),
        "refresh again": await client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]}),
        "log out": await client.post("/auth/logout", json={"refresh_token": tokens["refresh_token"]}),
        "lose password": await client.post("/auth/password-reset/request", json={"email": ACCOUNT["email"]}),
    }
    for _ in range(10):
        answers["log in too often"] = await client.post("/auth/login", data=LOGIN)
    return {name: answer.status_code for name, answer in answers.items()}


async def main(listener: socket.socket) -> None:
    mailbox = Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox), sock=listener)
    application = create_app()
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=transport, base_url="http://contacts.example/api/v1") as client,
    ):
        print(json.dumps(await probe(client, mailbox)))
    server.close()


with socket.create_server(("127.0.0.1", 0)) as listener:
    os.environ["MAIL_PORT"] = str(listener.getsockname()[1])  # before the stage reads its settings
    for command in sys.argv[1:]:
        alembic(command.split())
    from app.main import create_app  # type: ignore[import-not-found] # the stage's own

    asyncio.run(main(listener))
