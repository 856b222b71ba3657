"""A thread that sends messages."""

import asyncio
import smtplib
import sys
from email.message import EmailMessage
from queue import SimpleQueue
from threading import Thread

from jinja2 import Environment, PackageLoader

from app.core.config import Settings
from app.core.security import Purpose, create_token
from app.models import User

templates = Environment(loader=PackageLoader("app"), autoescape=True)


class Mailer:
    """Takes messages at once and sends them when it can, one after the other."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._queue: SimpleQueue[tuple[int, str] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def send_verification(self, user: User) -> None:
        self._queue.put((user.id, user.email))

    async def close(self) -> None:
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join, 1)

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            try:
                self._send(*job)
            except Exception as error:
                print(f"User {job[0]} gets no message: {error!r}", file=sys.stderr, flush=True)

    def _send(self, user_id: int, address: str) -> None:
        settings = self._settings
        link = f"{settings.public_url}/api/v1/auth/verify/{create_token(user_id, Purpose.EMAIL_VERIFY, email=address)}"
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = "Contacts", settings.mail_from, address
        message.set_content(templates.get_template("verify_email.txt").render(link=link))
        message.add_alternative(templates.get_template("verify_email.html").render(link=link), subtype="html")
        connect = smtplib.SMTP_SSL if settings.mail_ssl_tls else smtplib.SMTP
        with connect(settings.mail_host, settings.mail_port, timeout=5) as server:
            if settings.mail_starttls:
                server.starttls()
            if settings.mail_username:
                server.login(settings.mail_username, settings.mail_password.get_secret_value())
            server.send_message(message)
