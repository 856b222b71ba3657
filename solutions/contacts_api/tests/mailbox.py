"""A mail server on a real socket that keeps what it receives, so that tests can read the messages."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

TIMEOUT = 10.0
"""Seconds after which a message that has not come is missing."""


class Mailbox:
    """Receives the messages of all users. While `is_open` is not set, whoever brings one has to wait."""

    def __init__(self) -> None:
        self.port = 0
        self.received: list[EmailMessage] = []
        self.open_connections = 0
        self.all_closed = asyncio.Event()
        self.knocked = asyncio.Event()
        self.is_open = asyncio.Event()
        self.is_open.set()
        self._unread: defaultdict[str, asyncio.Queue[EmailMessage]] = defaultdict(asyncio.Queue)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by the server when a message has come."""
        self.knocked.set()
        await self.is_open.wait()
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, EmailMessage, policy=policy.default)
        self.received.append(message)
        for address in envelope.rcpt_tos:
            self._unread[address].put_nowait(message)
        return "250 OK"

    async def next_message(self, address: str) -> EmailMessage:
        """The oldest message to `address` that was not asked for yet."""
        return await asyncio.wait_for(self._unread[address].get(), TIMEOUT)

    async def next_link(self, address: str) -> str:
        """The link in that message."""
        return links(await self.next_message(address), "plain")[0]


class CountedSMTP(SMTP):
    """The server's side of one connection. The mailbox knows when all of them are closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.open_connections += 1
        self.event_handler.all_closed.clear()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.open_connections -= 1
        if self.event_handler.open_connections == 0:
            self.event_handler.all_closed.set()
        super().connection_lost(error)


def links(message: EmailMessage, form: str) -> list[str]:
    """The links in the plain or the HTML form of `message`."""
    return re.findall(r"http[^\s\"<]+", _text(message, form))


def tokens(message: EmailMessage, form: str) -> list[str]:
    """The tokens in the plain or the HTML form of `message`."""
    return re.findall(r"[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}", _text(message, form))


def _text(message: EmailMessage, form: str) -> str:
    body = message.get_body((form,))
    assert body is not None
    text: str = body.get_content()
    return text


@asynccontextmanager
async def open_mailbox(password: str | None = None, smtputf8: bool = True) -> AsyncIterator[Mailbox]:
    """A mailbox that listens on a free port. It may ask for a password, or know ASCII addresses alone."""
    mailbox = Mailbox()

    def is_right(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object) -> AuthResult:
        assert isinstance(given, LoginPassword)
        return AuthResult(success=given.password.decode() == password, handled=False)

    server = await asyncio.get_running_loop().create_server(
        lambda: CountedSMTP(
            mailbox,
            enable_SMTPUTF8=smtputf8,
            ident="mailbox",
            authenticator=is_right,
            auth_required=password is not None,
            auth_require_tls=False,
        ),
        "127.0.0.1",
        0,
    )
    async with server:
        mailbox.port = server.sockets[0].getsockname()[1]
        yield mailbox
