"""Messages to users. They are sent in the background, so that no request waits for the mail server or fails with it."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from email_validator import validate_email
from fastapi_mail import ConnectionConfig, FastMail, MessageSchema, MessageType, MultipartSubtypeEnum, NameEmail
from fastapi_mail.connection import Connection
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from app.core.config import Settings
from app.core.security import Purpose, create_token
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
        self._start(self._verification(user), f"verification of user {user.id}")

    def send_password_reset(self, user: User) -> None:
        """Sends the token with which the user sets a new password."""
        raise NotImplementedError("Task 8.1: start the delivery")

    async def close(self) -> None:
        """Waits up to CLOSE_TIMEOUT for messages that are being sent, then cancels them."""
        if self.on_their_way:
            _, late = await asyncio.wait(self.on_their_way, timeout=CLOSE_TIMEOUT)
            for delivery in late:
                delivery.cancel()

    def _start(self, delivery: Coroutine[Any, Any, None], description: str) -> None:
        """Starts a delivery as an asyncio task. It runs when the request waits or has ended."""
        if len(self.on_their_way) >= MOST_WAITING:
            delivery.close()
            logger.error("Not sent: %s (too many messages wait)", description)
            return
        task = asyncio.create_task(_logging_failure(delivery, description))
        # The event loop keeps only a weak reference. Without this one, Python could delete the task.
        self.on_their_way.add(task)
        task.add_done_callback(self.on_their_way.discard)

    async def _verification(self, user: User) -> None:
        token = create_token(user.id, Purpose.EMAIL_VERIFY, email=user.email)
        link = f"{self._public_url}/api/v1/auth/verify/{token}"
        await self._deliver(user.email, "Verify your e-mail address", "verify_email", link=link)

    # TODO 8.1: deliver the template "password_reset" with a token, as _verification does. The template has the values
    # `token` and `link`. The link may lead to /docs of the application.

    async def _deliver(self, address: str, subject: str, template: str, **values: str) -> None:
        """Renders a message and sends it to the mail server."""
        message = MessageSchema(
            subject=subject,
            recipients=[NameEmail(name=address, email=deliverable(address))],
            # Mail programs show the last form that they understand, so plain text comes first.
            subtype=MessageType.plain,
            body=templates.get_template(f"{template}.txt").render(values),
            multipart_subtype=MultipartSubtypeEnum.alternative,
            alternative_body=templates.get_template(f"{template}.html").render(values),
        )
        await self.send(message)

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


async def _logging_failure(delivery: Coroutine[Any, Any, None], description: str) -> None:
    """Awaits `delivery` and logs a failure. The user can ask for another message."""
    try:
        await delivery
    except Exception as error:
        # The text of the error may contain the address or the link, so only its name is logged.
        logger.error("Not sent: %s (%s)", description, type(error.__context__ or error).__name__)  # noqa: TRY400


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
