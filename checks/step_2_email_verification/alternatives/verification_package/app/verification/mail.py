"""The message with the link."""

import asyncio
import logging
from pathlib import Path

from fastapi_mail import ConnectionConfig, FastMail, MessageSchema, MessageType, MultipartSubtypeEnum, NameEmail

from app.core.config import get_settings
from app.models import User
from app.verification.tokens import Claim, issue

TEMPLATES = Path(__file__).parent.parent / "templates"
running: set[asyncio.Task[None]] = set()


def invite(user: User) -> None:
    """Sends the link, some time soon."""
    task = asyncio.get_running_loop().create_task(_send(Claim(user.id, user.email)))
    running.add(task)
    task.add_done_callback(running.discard)


async def _send(claim: Claim) -> None:
    settings = get_settings()
    link = f"{settings.public_url}/api/v1/auth/verify/{issue(claim)}"
    connection = ConnectionConfig(
        MAIL_SERVER=settings.mail_host,
        MAIL_PORT=settings.mail_port,
        MAIL_USERNAME=settings.mail_username,
        MAIL_PASSWORD=settings.mail_password,
        MAIL_FROM=settings.mail_from,
        MAIL_STARTTLS=settings.mail_starttls,
        MAIL_SSL_TLS=settings.mail_ssl_tls,
        USE_CREDENTIALS=bool(settings.mail_username),
        TEMPLATE_FOLDER=TEMPLATES,
    )
    message = MessageSchema(
        subject="Is this you?",
        recipients=[NameEmail(name="", email=claim.address)],
        template_body={"link": link},
        subtype=MessageType.html,
        multipart_subtype=MultipartSubtypeEnum.alternative,
        alternative_body=f"Is this you? Then go to {link} please.",
    )
    try:
        await FastMail(connection).send_message(message, template_name="verify_email.html")
    except Exception:
        logging.getLogger(__name__).exception("No link for user %d", claim.user_id)
