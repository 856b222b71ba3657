"""Messages to users. They are sent in the background, so that no request waits for the mail server or fails with it."""

import asyncio
import logging

from email_validator import validate_email
from fastapi_mail import ConnectionConfig, FastMail, MessageSchema
from fastapi_mail.connection import Connection
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from app.core.config import Settings
from app.models import User

SMTP_TIMEOUT = 10
"""Timeout of the mail server, in seconds."""
CLOSE_TIMEOUT = 1.5
"""Seconds for which the application waits for unsent messages when it stops."""
MOST_CONNECTIONS = 10
"""Connections to the mail server at the same time."""
MOST_WAITING = 1000
"""The largest number of messages that wait or are being sent. Further ones are dropped, to limit memory."""

logger = logging.getLogger(__name__)
templates = Environment(loader=PackageLoader("app"), autoescape=select_autoescape(), undefined=StrictUndefined)


class Mailer:
    """Sends messages. No message contains text from the client, because the address may belong to another person."""

    def __init__(self, settings: Settings) -> None:
        self._mail = FastMail(_connection(settings))
        self._public_url = settings.public_url
        self._connections = asyncio.Semaphore(MOST_CONNECTIONS)
        self.on_their_way: set[asyncio.Task[None]] = set()

    def send_verification(self, user: User) -> None:
        """Sends the link that verifies the user's address."""
        # TODO 2.2: make a token with the user AND the address, and the link {public_url}/api/v1/auth/verify/{token}.
        # Render both templates of app/templates with it, build FastAPI-Mail's MessageSchema and pass it to `send`. The
        # schema supports HTML and plain text together (`subtype`, `multipart_subtype`, `alternative_body`). Which form
        # comes first, and why? Send the message to `deliverable(user.email)`.
        #
        # This function is not a coroutine: it must return before the message is sent, because no request may wait for
        # the mail server. Start a task with `asyncio.create_task`. The task needs two things:
        # - A reference, because the event loop keeps only a weak one. Store the task in `on_their_way` until it is
        #   done. `close` uses this set too.
        # - Error handling, because no code awaits the task. Log that a message was lost, and the user's id. Log neither
        #   the address nor the link, because more people read logs than the mailbox.
        raise NotImplementedError("Task 2.2: send the link that verifies an address")

    async def close(self) -> None:
        """Waits up to CLOSE_TIMEOUT for messages that are being sent, then cancels them."""
        if self.on_their_way:
            _, late = await asyncio.wait(self.on_their_way, timeout=CLOSE_TIMEOUT)
            for delivery in late:
                delivery.cancel()

    async def send(self, message: MessageSchema) -> None:
        """Send a message and close the connection to the mail server in every case.

        `FastMail.send_message` leaves the connection open when the mail server refuses the password.
        """
        prepared = await self._mail.get_message(message)
        assert not isinstance(prepared, list)
        connection = Connection(self._mail.config)
        try:
            async with self._connections, connection:
                await connection.session.send_message(prepared)
        finally:
            connection.session.close()


def deliverable(address: str) -> str:
    """The address with its domain in ASCII, which every mail server understands: `xn--bcher-kva.de` for `bücher.de`.

    A name before the @ that is not ASCII has no such form. Only a mail server with SMTPUTF8 takes this address.
    """
    return validate_email(address, check_deliverability=False).ascii_email or address


def _connection(settings: Settings) -> ConnectionConfig:
    """The settings for FastAPI-Mail. It would read missing ones from the environment, under other names."""
    return ConnectionConfig(
        MAIL_SERVER=settings.mail_host,
        MAIL_PORT=settings.mail_port,
        MAIL_USERNAME=settings.mail_username,
        MAIL_PASSWORD=settings.mail_password,
        MAIL_FROM=settings.mail_from,
        MAIL_FROM_NAME="Contacts",
        MAIL_STARTTLS=settings.mail_starttls,
        MAIL_SSL_TLS=settings.mail_ssl_tls,
        USE_CREDENTIALS=bool(settings.mail_username),
        VALIDATE_CERTS=True,
        CERT_BUNDLE=None,
        LOCAL_HOSTNAME=None,
        TIMEOUT=SMTP_TIMEOUT,
        TEMPLATE_FOLDER=None,
        SUPPRESS_SEND=0,
        MAIL_DEBUG=0,
    )
