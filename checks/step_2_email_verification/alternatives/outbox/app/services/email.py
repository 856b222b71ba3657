"""Takes messages from the database to the mail server, one after the other."""

import asyncio
import logging
from contextlib import suppress

from fastapi_mail import ConnectionConfig, FastMail, MessageSchema, MessageType, NameEmail
from jinja2 import Environment, PackageLoader
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core.config import Settings
from app.core.security import Purpose, create_token
from app.models import Outgoing, User

ATTEMPTS = 3
PAUSE = 0.1

logger = logging.getLogger(__name__)
templates = Environment(loader=PackageLoader("app"), autoescape=True)


def enqueue(session: AsyncSession, user: User) -> None:
    """Notes a message, in the transaction of the caller."""
    session.add(Outgoing(user_id=user.id, address=user.email))


class Mailer:
    """The only one who talks to the mail server."""

    def __init__(self, settings: Settings, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions
        self._url = settings.public_url
        self._work = asyncio.Event()
        self._work.set()  # there may be rows from before
        self._mail = FastMail(
            ConnectionConfig(
                MAIL_SERVER=settings.mail_host,
                MAIL_PORT=settings.mail_port,
                MAIL_USERNAME=settings.mail_username,
                MAIL_PASSWORD=settings.mail_password,
                MAIL_FROM=settings.mail_from,
                MAIL_STARTTLS=settings.mail_starttls,
                MAIL_SSL_TLS=settings.mail_ssl_tls,
                USE_CREDENTIALS=bool(settings.mail_username),
                TIMEOUT=5,
            )
        )
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """There is something to do."""
        self._work.set()

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            while await self._next():
                pass

    async def _next(self) -> bool:
        """Whether there was a message; it is gone then, or has one attempt less."""
        async with self._sessions() as session:
            row = await session.scalar(select(Outgoing).order_by(Outgoing.attempts, Outgoing.id).limit(1))
            if row is None:
                return False
            try:
                await self._mail.send_message(self._message(row))
            except Exception as error:
                logger.warning("message %s did not go out: %s", row.id, type(error).__name__)
                row.attempts += 1
                await asyncio.sleep(PAUSE)
            else:
                row.attempts = ATTEMPTS
            if row.attempts >= ATTEMPTS:
                await session.delete(row)
            await session.commit()
            return True

    def _message(self, row: Outgoing) -> MessageSchema:
        token = create_token(row.user_id, Purpose.EMAIL_VERIFY, email=row.address)
        link = f"{self._url}/api/v1/auth/verify/{token}"
        return MessageSchema(
            subject="Your link",
            recipients=[NameEmail(name="", email=row.address)],
            subtype=MessageType.html,
            body=templates.get_template("verify_email.html").render(link=link),
            multipart_subtype="alternative",
            alternative_body=templates.get_template("verify_email.txt").render(link=link),
        )
