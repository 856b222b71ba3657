"""The mail server is down, silent, rude or slow: users notice nothing but a message that does not come."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from fastapi import FastAPI

from app.api.deps import get_mailer
from app.core.config import get_settings
from app.main import create_app
from app.services import email
from app.services.email import Mailer
from tests.examples import ANN, BOB, log_in
from tests.http_server import serving
from tests.mailbox import TIMEOUT, Mailbox, open_mailbox

Answers = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Takes the connection and never says a word."""
    await asyncio.Event().wait()


async def dropping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hangs up in the middle of the message."""
    writer.write(b"220 here\r\n")
    for answer in (b"250 hello\r\n", b"250 sender\r\n", b"250 recipient\r\n", b"354 go on\r\n"):
        await reader.readline()
        writer.write(answer)
    await reader.readline()


async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Knows no such recipient, and says so with the address."""
    writer.write(b"220 here\r\n")
    while line := await reader.readline():
        writer.write(b"550 " + line if line.startswith(b"RCPT") else b"250 fine\r\n")


async def stopping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Goes silent after the greeting."""
    writer.write(b"220 here\r\n")
    await reader.readline()
    await asyncio.Event().wait()


@asynccontextmanager
async def mail_server(answers: Answers) -> AsyncIterator[int]:
    """The port of a server that talks to each client by `answers`."""
    conversations: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.current_task()
        assert conversation is not None
        conversations.add(conversation)
        with suppress(asyncio.CancelledError, ConnectionError):
            await answers(reader, writer)
        writer.close()

    async with await asyncio.start_server(converse, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations)


def point_mail_at(settings: pytest.MonkeyPatch, application: FastAPI, port: int) -> Mailer:
    """The mailer of `application`, which from now on goes to another server."""
    settings.setenv("MAIL_PORT", str(port))
    get_settings.cache_clear()
    mailer = Mailer(get_settings())
    application.dependency_overrides[get_mailer] = lambda: mailer
    return mailer


async def all_delivered(mailer: Mailer) -> None:
    """Waits until nothing is on its way any more."""
    while mailer.on_their_way:
        await asyncio.wait(mailer.on_their_way)


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        (None, "ConnectError"),
        (silent, "TimeoutError"),
        (stopping, "TimeoutError"),
        (dropping, "ServerDisconnected"),
        (refusing, "RecipientsRefused"),
    ],
)
async def test_a_registration_succeeds_whatever_the_mail_server_does(
    client: httpx.AsyncClient,
    mailbox: Mailbox,
    application: FastAPI,
    settings: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    answers: Answers | None,
    cause: str,
) -> None:
    if cause == "TimeoutError":
        settings.setattr(email, "SMTP_TIMEOUT", 1)
    async with mail_server(answers or silent) as port:
        mailer = point_mail_at(settings, application, port if answers else 1)
        answer = await client.post("/auth/register", json=ANN)
        assert answer.status_code == 201
        with caplog.at_level(logging.ERROR):
            await all_delivered(mailer)
    (complaint,) = caplog.messages
    assert re.fullmatch(rf"Not sent: verification of user {answer.json()['id']} \(SMTP\w*{cause}\)", complaint)
    assert ANN["email"] not in caplog.text
    assert "/auth/verify/" not in caplog.text

    application.dependency_overrides.clear()
    assert (await client.post("/auth/register", json=ANN)).json()["code"] == "email_taken"
    assert (await client.post("/auth/resend-verification", json={"email": ANN["email"]})).status_code == 202
    assert (await client.get(await mailbox.next_link(ANN["email"]))).status_code == 200
    assert await log_in(client, ANN)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # it stays on this machine
@pytest.mark.parametrize(("password", "arrives"), [("hush-right", True), ("hush-wrong", False)])
async def test_a_mail_server_may_ask_for_a_password(
    client: httpx.AsyncClient,
    application: FastAPI,
    settings: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    password: str,
    arrives: bool,
) -> None:
    settings.setenv("MAIL_USERNAME", "contacts")
    settings.setenv("MAIL_PASSWORD", password)
    async with open_mailbox("hush-right") as locked:
        mailer = point_mail_at(settings, application, locked.port)
        assert (await client.post("/auth/register", json=ANN)).status_code == 201
        await all_delivered(mailer)
        await asyncio.wait_for(locked.all_closed.wait(), TIMEOUT)
        assert len(locked.received) == arrives
    assert ("(SMTPAuthenticationError)" in caplog.text) == (not arrives)
    assert "hush" not in caplog.text


async def test_a_domain_of_another_alphabet_needs_no_extension_of_the_mail_server(
    client: httpx.AsyncClient, application: FastAPI, settings: pytest.MonkeyPatch
) -> None:
    """Only a name before the @ that is not ASCII needs SMTPUTF8, which many servers do not have."""
    async with open_mailbox(smtputf8=False) as old:
        mailer = point_mail_at(settings, application, old.port)
        assert (await client.post("/auth/register", json=ANN | {"email": "ann@bücher.example"})).status_code == 201
        await all_delivered(mailer)
        message = await old.next_message("ann@xn--bcher-kva.example")
    assert "ann@xn--bcher-kva.example" in message["To"]


async def test_a_message_is_never_sent_in_plain_text_by_mistake(
    client: httpx.AsyncClient,
    mailbox: Mailbox,
    application: FastAPI,
    settings: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A server that cannot encrypt, or somebody in between who says so, gets nothing."""
    settings.setenv("MAIL_STARTTLS", "true")
    mailer = point_mail_at(settings, application, mailbox.port)
    assert (await client.post("/auth/register", json=ANN)).status_code == 201
    await all_delivered(mailer)
    assert "Not sent: verification" in caplog.text
    assert not mailbox.received


async def test_nobody_waits_for_a_slow_mail_server(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    mailbox.is_open.clear()
    assert (await client.post("/auth/register", json=ANN)).status_code == 201
    assert (await client.post("/auth/resend-verification", json={"email": ANN["email"]})).status_code == 202
    await asyncio.wait_for(mailbox.knocked.wait(), 30)
    assert not mailbox.received
    assert (await client.post("/auth/register", json=BOB)).status_code == 201
    mailbox.is_open.set()
    for account in (ANN, ANN, BOB):
        assert await mailbox.next_link(account["email"])


async def test_the_next_request_on_the_same_connection_does_not_wait_either(
    application: FastAPI, mailbox: Mailbox
) -> None:
    """FastAPI's background tasks would hold up the connection, and with it the page that sent the form."""
    mailbox.is_open.clear()
    one_connection = httpx.Limits(max_connections=1)
    async with serving(application) as url, httpx.AsyncClient(base_url=url, limits=one_connection) as client:
        assert (await client.post("/auth/register", json=ANN)).status_code == 201
        await asyncio.wait_for(mailbox.knocked.wait(), 30)
        assert (await client.get("/health")).status_code == 200
        assert not mailbox.received
        mailbox.is_open.set()
        assert await mailbox.next_link(ANN["email"])


async def test_the_answer_leaves_before_the_message_is_begun(
    application: FastAPI, settings: pytest.MonkeyPatch
) -> None:
    """So a clock does not tell for whom there is a message."""
    events: list[str] = []
    deliver = Mailer._deliver

    async def noted(*arguments: object, **values: object) -> None:
        events.append("message begun")
        await deliver(*arguments, **values)  # type: ignore[arg-type]

    async def noting(scope: object, receive: object, send: Callable[[object], Awaitable[None]]) -> None:
        async def note(message: object) -> None:
            await send(message)
            events.append("answer sent")

        await application(scope, receive, note)  # type: ignore[arg-type]

    settings.setattr(Mailer, "_deliver", noted)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(noting), base_url="http://x/api/v1") as client:  # type: ignore[arg-type]
        await client.post("/auth/register", json=ANN)
        await all_delivered(application.state.mailer)
        await client.post("/auth/resend-verification", json={"email": ANN["email"]})
        await all_delivered(application.state.mailer)
    assert events == ["answer sent", "answer sent", "message begun"] * 2


async def test_messages_on_their_way_arrive_though_the_application_stops(
    settings: pytest.MonkeyPatch, database_url: str, mailbox: Mailbox
) -> None:
    settings.setenv("DATABASE_URL", database_url)
    settings.setenv("MAIL_PORT", str(mailbox.port))
    get_settings.cache_clear()
    application = create_app()
    async with application.router.lifespan_context(application):
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://x/api/v1") as client:
            await client.post("/auth/register", json=ANN)
    assert len(mailbox.received) == 1


async def test_the_application_stops_though_the_mail_server_hangs(
    client: httpx.AsyncClient, application: FastAPI, mailbox: Mailbox, settings: pytest.MonkeyPatch
) -> None:
    settings.setattr(email, "CLOSE_TIMEOUT", 0.05)
    mailbox.is_open.clear()
    await client.post("/auth/register", json=ANN)
    await asyncio.wait_for(mailbox.knocked.wait(), 30)
    await asyncio.wait_for(application.state.mailer.close(), 10)
    assert not mailbox.received
    mailbox.is_open.set()


async def test_a_flood_of_messages_fills_neither_the_mail_server_nor_the_memory(
    client: httpx.AsyncClient, application: FastAPI, settings: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await client.post("/auth/register", json=BOB)
    settings.setattr(email, "MOST_WAITING", 30)
    settings.setattr(email, "CLOSE_TIMEOUT", 0.05)
    connections = 0

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await silent(reader, writer)

    async with mail_server(counting) as port:
        settings.setenv("MAIL_PORT", str(port))
        get_settings.cache_clear()
        async with application.router.lifespan_context(application):
            for _ in range(40):
                await client.post("/auth/resend-verification", json={"email": BOB["email"]})
            async with asyncio.timeout(30):
                while connections < email.MOST_CONNECTIONS:  # noqa: ASYNC110 - the server tells nobody
                    await asyncio.sleep(0.01)
            assert len(application.state.mailer.on_their_way) == 30
    assert connections == email.MOST_CONNECTIONS
    assert caplog.text.count("too many messages wait") == 10
