"""Sending a message from a web application: the SMTP commands, the requests that wait, and the failures.

Run it with `python 01_email_sending.py`. The mail server is the mail catcher of the course: it listens on this machine
only and delivers no message. The web application is a small FastAPI application, served by Uvicorn. The times are
measured by an HTTP client. It exits with 0 if every claim that it prints is true, and with 1 otherwise.
"""

import io
import smtplib
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial

import aiosmtplib
import httpx
import uvicorn
from fastapi import BackgroundTasks, FastAPI
from fastapi_mail import ConnectionConfig, FastMail, MessageSchema, MessageType, MultipartSubtypeEnum, NameEmail
from jinja2 import Environment
from pydantic import SecretStr

from courseware.services.mailbox.service import Mailbox
from courseware.services.servers import HOST, FaultMode, listen_at, port_of

Claims = dict[str, bool]
"""The claims of a chapter, and whether each of them was true when the chapter ran."""

BUSY_SECONDS = 0.4
"""How long the mail server does not answer. A real one can need longer, and you do not know when."""
PATIENCE_SECONDS = 0.3
"""The timeout: after it, a mail server that does not answer counts as unavailable."""
LINK = "http://127.0.0.1:8000/verify/abc"


# -------------------------------------------------------------------------------------- a mail server, an application


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """Starts a mail server with an empty mailbox. Returns the mailbox and the port of the server."""
    mailbox, listener = Mailbox(), listen_at(0)
    mailbox.serve(listener)
    try:
        yield mailbox, port_of(listener)
    finally:
        mailbox.stop()


@contextmanager
def busy(mailbox: Mailbox, seconds: float) -> Iterator[None]:
    """Lets the mail server stall for `seconds`. Then it continues to answer."""
    mailbox.set_fault(FaultMode.STALLS)
    later = threading.Timer(seconds, mailbox.set_fault, [FaultMode.NONE])
    later.start()
    try:
        yield
    finally:
        later.join()


@contextmanager
def served(application: FastAPI) -> Iterator[httpx.Client]:
    """Serves the application in a thread with a separate event loop. Returns an HTTP client for it."""
    listener = listen_at(0)
    server = uvicorn.Server(uvicorn.Config(application, log_config=None, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        address, each_its_own = f"http://{HOST}:{port_of(listener)}", httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(base_url=address, limits=each_its_own, trust_env=False, timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def make_message(address: str = "ann@example.com") -> EmailMessage:
    """Makes a message in two forms. Mail programs show the last form that they understand, so plain text is first."""
    message = EmailMessage()
    message["From"] = "Contacts <contacts@example.com>"
    message["To"] = address
    message["Subject"] = "Verify your e-mail address"
    message.set_content(f"Follow this link:\n\n{LINK}\n")
    message.add_alternative(f'<p><a href="{LINK}">Verify my address</a></p>', subtype="html")
    return message


# --------------------------------------------------------------------------------------------------- the SMTP commands


class Overheard(smtplib.SMTP):
    """An SMTP client that records all commands and replies."""

    def __init__(self, host: str, port: int) -> None:
        self.said: list[tuple[str, str]] = []
        super().__init__(host, port)

    def putcmd(self, cmd: str, args: str = "") -> None:
        self.said.append(("application", f"{cmd} {args}".strip()))
        super().putcmd(cmd, args)

    def getreply(self) -> tuple[int, bytes]:
        code, text = super().getreply()
        self.said.append(("server", f"{code} {text.decode().splitlines()[0]}"))
        return code, text


def conversation() -> Claims:
    """The SMTP commands of the application and the replies of the mail server"""
    message = make_message("ann@example.com")
    message.replace_header("From", "The boss <boss@bank.example>")
    with mail_server() as (mailbox, port):
        with Overheard(HOST, port) as client:
            client.send_message(message, to_addrs=["ann@example.com", "copy@example.com"])
        arrived = mailbox.messages.all[0]
    print_table(("sender", "line"), client.said)
    print_table(
        ("", "envelope: SMTP commands", "headers: Ann's mail program"),
        [
            ("from", arrived.sender, arrived.header("From")),
            ("to", ", ".join(arrived.recipients), arrived.header("To")),
        ],
    )
    return {
        "the envelope decides who receives it: copy@ is in no header": arrived.recipients[1] == "copy@example.com"
        and "copy@" not in arrived.raw.decode(),
        "the From header can contain any address: it proves nothing": "bank" in arrived.header("From"),
        "one message contains both forms, with the same link": LINK in (arrived.text or "")
        and LINK in (arrived.html or ""),
    }


# -------------------------------------------------------------------------------------------------- which requests wait


@dataclass(frozen=True)
class Waiting:
    """The waiting times that were measured while the mail server stalled, in seconds."""

    caller: float
    others: list[float]

    @property
    def longest(self) -> float:
        return max(self.others)

    @property
    def held_up(self) -> bool:
        """Whether other requests waited for the mail server. A busy machine alone delays them too, but answers more."""
        return self.longest > BUSY_SECONDS / 2 and len(self.others) < 10


def send_with_smtplib(port: int) -> None:
    with smtplib.SMTP(HOST, port) as client:
        client.send_message(make_message())


def fastapi_mail(port: int) -> Callable[[], Awaitable[None]]:
    """Returns a function that sends the message with FastAPI-Mail: settings and templates on top of aiosmtplib."""
    settings = ConnectionConfig(
        MAIL_SERVER=HOST,
        MAIL_PORT=port,
        MAIL_USERNAME="",
        MAIL_PASSWORD=SecretStr(""),
        MAIL_FROM="contacts@example.com",
        USE_CREDENTIALS=False,
        MAIL_STARTTLS=False,
        MAIL_SSL_TLS=False,
    )
    message = MessageSchema(
        subject="Verify your e-mail address",
        recipients=[NameEmail(name="Ann", email="ann@example.com")],
        subtype=MessageType.plain,
        body=f"Follow this link:\n\n{LINK}\n",
        alternative_body=f'<p><a href="{LINK}">Verify my address</a></p>',
        multipart_subtype=MultipartSubtypeEnum.alternative,
    )

    async def send() -> None:
        await FastMail(settings).send_message(message)

    return send


def sending_application(port: int) -> FastAPI:
    """Makes an application that sends a message in five ways, with one more endpoint that sends none."""
    application = FastAPI()
    send_with_fastapi_mail = fastapi_mail(port)

    @application.get("/other")
    async def other() -> str:
        return "done"

    @application.post("/smtplib, async def")
    async def blocking() -> None:
        send_with_smtplib(port)

    @application.post("/smtplib, def")
    def in_a_thread() -> None:
        send_with_smtplib(port)

    @application.post("/await aiosmtplib")
    async def awaited() -> None:
        await aiosmtplib.send(make_message(), hostname=HOST, port=port)

    @application.post("/await FastAPI-Mail")
    async def awaited_too() -> None:
        await send_with_fastapi_mail()

    @application.post("/FastAPI-Mail in the background")
    async def in_the_background(tasks: BackgroundTasks) -> None:
        tasks.add_task(send_with_fastapi_mail)

    return application


WAYS = (
    "smtplib, async def",
    "smtplib, def",
    "await aiosmtplib",
    "await FastAPI-Mail",
    "FastAPI-Mail in the background",
)


def measure(client: httpx.Client, mailbox: Mailbox, way: str) -> Waiting:
    """Sends one request for `way` while the mail server stalls, and meanwhile many requests for the other endpoint."""

    def seconds(method: str, path: str) -> float:
        began = time.perf_counter()
        client.request(method, path).raise_for_status()
        return time.perf_counter() - began

    others: list[float] = []
    with ThreadPoolExecutor() as pool, busy(mailbox, BUSY_SECONDS):
        registering = pool.submit(seconds, "POST", f"/{way}")
        began = time.perf_counter()
        while time.perf_counter() - began < BUSY_SECONDS:
            others.append(seconds("GET", "/other"))
            time.sleep(0.005)
    return Waiting(registering.result(), others)


def who_waits() -> Claims:
    """The mail server does not answer for 0.4 s. Which requests wait?"""
    measured: dict[str, Waiting] = {}
    arrived: dict[str, bool] = {}
    with mail_server() as (mailbox, port), served(sending_application(port)) as client:
        client.get("/other")
        for way in WAYS:
            client.post(f"/{way}")  # the first request imports modules, which takes longer
            mailbox.messages.wait_for(bool, seconds=5)
            mailbox.messages.clear()
            measured[way] = measure(client, mailbox, way)
            arrived[way] = mailbox.messages.wait_for(bool, seconds=5) is not None
    print_table(
        ("sent with", "the caller waits", "other requests", "meanwhile"),
        [
            (
                way,
                milliseconds(waiting.caller),
                f"up to {milliseconds(waiting.longest)}",
                f"{len(waiting.others)} answers",
            )
            for way, waiting in measured.items()
        ],
    )
    blocking, background = measured[WAYS[0]], measured[WAYS[-1]]
    half = BUSY_SECONDS / 2
    return {
        "smtplib in an async def blocks all requests": blocking.held_up,
        "in a thread, or awaited, the other requests do not wait": not any(measured[way].held_up for way in WAYS[1:]),
        "without a background task, the caller waits": all(measured[way].caller > half for way in WAYS[:4]),
        "in the background no request waits": background.caller < half,
        "the message arrives in all five ways": all(arrived.values()),
    }


# --------------------------------------------------------------------------------- when the mail server is unavailable


def registering_application(port: int, saved: list[str], log: list[str]) -> FastAPI:
    """Makes an application that saves an account and then sends a message: awaited, or in the background."""
    application = FastAPI()

    async def send() -> None:
        await aiosmtplib.send(make_message(), hostname=HOST, port=port, timeout=PATIENCE_SECONDS)

    async def send_or_log() -> None:
        try:
            await send()
        except (aiosmtplib.SMTPException, OSError) as error:
            log.append(f"Not sent: {type(error).__name__}")

    @application.post("/awaited", status_code=201)
    async def awaited() -> None:
        saved.append("an account")
        await send()

    @application.post("/background", status_code=201)
    async def background(tasks: BackgroundTasks) -> None:
        saved.append("an account")
        tasks.add_task(send_or_log)

    return application


def mail_server_down() -> Claims:
    """The mail server is unavailable. Which status does the client get?"""
    rows, answers = [], {}
    saved: list[str] = []
    log: list[str] = []
    with mail_server() as (mailbox, port), served(registering_application(port, saved, log)) as client:
        for name, mode in (
            ("refuses", FaultMode.REFUSES),
            ("does not answer", FaultMode.STALLS),
            ("disconnects", FaultMode.DROPS),
        ):
            mailbox.set_fault(mode)
            log.clear()
            answers[name] = [client.post("/awaited").status_code, client.post("/background").status_code]
            wait_until(lambda: bool(log))
            rows.append((name, str(answers[name][0]), str(answers[name][1]), "".join(log)))
        mailbox.set_fault(FaultMode.NONE)
        nothing_arrived = not mailbox.messages.all
    print_table(("the mail server", "awaited", "background", "log"), rows)
    print(f"Saved accounts: {len(saved)} of {2 * len(rows)}")
    return {
        "awaited: the client gets an error, but the account was saved": all(
            answer[0] == 500 for answer in answers.values()
        ),
        "in the background: 201, and the log names the lost message": all(
            answer[1] == 201 for answer in answers.values()
        )
        and all("Not sent" in row[3] for row in rows),
        "the message is lost, so users need a way to ask for another one": nothing_arrived,
        "smtplib waits without limit, unless it gets a timeout": socket.getdefaulttimeout() is None,
    }


# ------------------------------------------------------------------------------------------- before or after the commit


def register(database: sqlite3.Connection, send: Callable[[], object], *, send_first: bool) -> str:
    """Returns the status of the answer. At the commit, the database refuses an address that it already has."""
    if send_first:
        send()
    try:
        with database:
            database.execute("INSERT INTO account VALUES ('ann@example.com')")
    except sqlite3.IntegrityError:
        return "409"
    if not send_first:
        send()
    return "201"


def before_or_after() -> Claims:
    """Two registrations with one address: a message before the commit, or after it?"""
    rows, sent = [], {}
    for name, send_first in (("before the commit", True), ("after the commit", False)):
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE account (email TEXT UNIQUE)")
        with mail_server() as (mailbox, port):
            send = partial(send_with_smtplib, port)
            answers = [register(database, send, send_first=send_first) for _ in range(2)]
            sent[name] = len(mailbox.messages.all)
        database.close()
        rows.append((name, ", ".join(answers), str(answers.count("201")), str(sent[name])))
    print_table(("sent", "answers", "accounts", "messages"), rows)
    return {
        "before: Ann gets a message for a registration that failed": sent["before the commit"] == 2,
        "after: the number of messages is the number of accounts": sent["after the commit"] == 1,
    }


# ------------------------------------------------------------------------------------------ text from an unknown client


def words_of_a_stranger() -> Claims:
    """An attacker registers with your address, and with a name that contains a link"""
    name = 'You won! <a href="http://evil.example">Claim it</a>'
    greeting = "<p>Hello {{ name }}, follow this link: ...</p>"
    pasted = Environment(autoescape=False).from_string(greeting).render(name=name)  # noqa: S701 - shows the attack
    escaped = Environment(autoescape=True).from_string(greeting).render(name=name)
    in_plain_text = Environment(autoescape=True).from_string("Hello {{ name }}").render(name="Tom & Ann O'Brien")
    subject = "Welcome, Ann\r\nReply-To: thief@evil.example"
    by_hand = f"From: contacts@example.com\r\nTo: ann@example.com\r\nSubject: {subject}\r\n\r\nHello\r\n"
    with mail_server() as (mailbox, port):
        with smtplib.SMTP(HOST, port) as client:
            client.sendmail("contacts@example.com", ["ann@example.com"], by_hand)
        reply_to = mailbox.messages.all[0].header("Reply-To")
    try:
        EmailMessage()["Subject"] = subject
        refused = False
    except ValueError:
        refused = True
    print_table(
        ("place of the name", "result"),
        [
            ("HTML, not escaped", shortened(pasted)),
            ("HTML, escaped", shortened(escaped)),
            ("plain text, escaped like HTML", in_plain_text),
            ("subject, not checked", f"Reply-To: {reply_to}"),
            ("subject, by EmailMessage", "ValueError" if refused else "accepted"),
        ],
    )
    return {
        "not escaped in HTML, the name becomes a link in your message": "<a href" in pasted,
        "escaped, it stays text (but it is still an advertisement)": "<a href" not in escaped and "You won!" in escaped,
        "plain text must not be escaped": "&amp;" in in_plain_text,
        "a line break in a header adds another header": reply_to == "thief@evil.example",
        "EmailMessage of the standard library refuses a line break": refused,
    }


# --------------------------------------------------------------------------------------------------------------- output

CHAPTERS: tuple[Callable[[], Claims], ...] = (
    conversation,
    who_waits,
    mail_server_down,
    before_or_after,
    words_of_a_stranger,
)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def shortened(text: str, length: int = 44) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def wait_until(reached: Callable[[], bool], seconds: float = 5) -> None:
    """Returns as soon as `reached` is true, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.01)


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table with a frame. Each column is as wide as its widest text."""
    lines = [headers, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruler = ["─" * (width + 2) for width in widths]
    print("┌" + "┬".join(ruler) + "┐")
    for number, line in enumerate(lines):
        print("│" + "│".join(f" {text:<{width}} " for text, width in zip(line, widths, strict=True)) + "│")
        if number == 0:
            print("├" + "┼".join(ruler) + "┤")
    print("└" + "┴".join(ruler) + "┘")


def main() -> int:
    """Runs every chapter and prints its claims. Returns the exit code: 1 if a claim is false."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    wrong = 0
    for number, chapter in enumerate(CHAPTERS, start=1):
        print(f"\n{number}. {chapter.__doc__}\n")
        for claim, holds in chapter().items():
            print(f"{'✓' if holds else '✗ NOT SO:'} {claim}")
            wrong += not holds
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
