"""Messages to users. They are sent in the background: nobody waits for a mail server, and nobody fails with it."""

import asyncio
import logging

from email_validator import validate_email
from fastapi_mail import ConnectionConfig, FastMail, MessageSchema
from fastapi_mail.connection import Connection
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from app.core.config import Settings
from app.models import User

SMTP_TIMEOUT = 10
"""Seconds until a mail server that does not answer counts as down."""
CLOSE_TIMEOUT = 1.5
"""Seconds that messages on their way get when the application stops."""
MOST_CONNECTIONS = 10
"""Connections to the mail server at the same time."""
MOST_WAITING = 1000
"""Messages that wait or are being sent. A further one is not sent, so that a flood of requests fills no memory."""

logger = logging.getLogger(__name__)
templates = Environment(loader=PackageLoader("app"), autoescape=select_autoescape(), undefined=StrictUndefined)


class Mailer:
    """Sends messages. No message holds words of whoever registered: the address may be somebody else's."""

    def __init__(self, settings: Settings) -> None:
        self._mail = FastMail(_connection(settings))
        self._public_url = settings.public_url
        self._connections = asyncio.Semaphore(MOST_CONNECTIONS)
        self.on_their_way: set[asyncio.Task[None]] = set()

    def send_verification(self, user: User) -> None:
        """Sends the link that verifies the user's address."""
        # TODO 2.2: make the token for this user AND this address, and the link {public_url}/api/v1/auth/verify/{token}.
        # Fill both templates of app/templates with it, build FastAPI-Mail's MessageSchema and give it to `send`. The
        # schema knows HTML with plain text beside it (`subtype`, `multipart_subtype`, `alternative_body`). Which comes
        # first, and why? Send it to `deliverable(user.email)`.
        #
        # This function is no coroutine: it must be over before the message is sent, and nobody may wait for a mail
        # server. `asyncio.create_task` begins what goes on by itself. Two things are easy to forget:
        # - The event loop holds tasks weakly. Keep yours in `on_their_way` until it is done; `close` needs it too.
        # - Nobody awaits the task, so nobody sees how it fails. Log that a message was lost, and the user's id; but
        #   neither the address nor the link, because logs are read by more people than mailboxes are.
        raise NotImplementedError("Task 2.2: send the link that verifies an address")

    async def close(self) -> None:
        """Lets messages that are on their way arrive, but does not wait long for a server that takes its time."""
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
    """Everything is said here, because what is left out would be read from the environment under other names."""
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
