"""Messages, built by the standard library and handed over by aiosmtplib."""

import logging
from email.message import EmailMessage
from html import escape

import aiosmtplib

from app.core.config import get_settings
from app.core.security import Purpose, create_token

log = logging.getLogger("mail")


async def send_link(user_id: int, address: str) -> None:
    """Sends the link. A background task: by now the visitor has the answer."""
    settings = get_settings()
    token = create_token(user_id, Purpose.EMAIL_VERIFY, email=address)
    message = invitation(address, settings.mail_from, f"{settings.public_url}/api/v1/auth/verify/{token}")
    try:
        await aiosmtplib.send(
            message,
            hostname=settings.mail_host,
            port=settings.mail_port,
            username=settings.mail_username or None,
            password=settings.mail_password.get_secret_value() or None,
            start_tls=settings.mail_starttls,
            use_tls=settings.mail_ssl_tls,
            timeout=6,
        )
    except (aiosmtplib.SMTPException, OSError) as error:
        log.warning("user %s has got no message: %s", user_id, type(error).__name__)


def invitation(address: str, sender: str, link: str) -> EmailMessage:
    """The message, in two forms."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, address, "Ще один крок"
    message.set_content(f"Відкрийте це посилання:\n{link}\n")
    message.add_alternative(f"<p>Відкрийте <a href='{escape(link)}'>це посилання</a>.</p>", subtype="html")
    return message
