"""The mailbox takes what real clients send, and shows it without letting it act."""

import smtplib
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import pytest
from fastapi_mail import ConnectionConfig, FastMail, MessageSchema, MessageType
from pydantic import NameEmail, SecretStr

from courseware.services.mailbox.messages import BYTES_KEPT, MESSAGES_KEPT, Message, Messages
from courseware.services.mailbox.service import Mailbox
from courseware.services.mailbox.smtp import LARGEST_MESSAGE, MOST_CONNECTIONS, MOST_RECIPIENTS
from courseware.services.servers import HOST, FaultMode, listen, port_of

SECONDS = 20


class Post:
    """A mailbox and the port on which it takes messages."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        listener, page = listen(0), listen(0)
        self.port, self.page_port = port_of(listener), port_of(page)
        self.mailbox.serve(listener)
        self.mailbox.show(page)

    def client(self, timeout: float = SECONDS) -> smtplib.SMTP:
        return smtplib.SMTP(HOST, self.port, timeout=timeout)

    def send(self, content: EmailMessage | bytes) -> Message:
        """Sends a message and returns it as it arrived."""
        raw = content.as_bytes() if isinstance(content, EmailMessage) else content
        with self.client() as client:
            client.sendmail("app@example.com", ["ada@example.com"], raw)
        return self.mailbox.messages.all[-1]


@pytest.fixture
def post() -> Iterator[Post]:
    post = Post()
    yield post
    post.mailbox.stop()


@pytest.fixture
def pages(post: Post, site: Any) -> Any:
    """The mailbox's page."""
    return site(post.page_port)


def letter(
    subject: str = "Welcome", text: str = "Follow http://127.0.0.1:8000/verify/1", html: str = ""
) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Contacts <app@example.com>"
    message["To"] = "ada@example.com"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def test_a_message_arrives_as_it_was_sent(post: Post) -> None:
    message = post.send(letter("Ласкаво просимо", "Вітаємо, Олено!", "<p>Вітаємо, <b>Олено</b>!</p>"))
    assert (message.sender, message.recipients) == ("app@example.com", ("ada@example.com",))
    assert message.subject == "Ласкаво просимо"
    assert message.header("From") == "Contacts <app@example.com>"
    assert message.text is not None
    assert message.text.strip() == "Вітаємо, Олено!"
    assert message.html is not None
    assert message.html.strip() == "<p>Вітаємо, <b>Олено</b>!</p>"


@pytest.mark.asyncio
async def test_aiosmtplib_may_log_in_with_any_password(post: Post) -> None:
    await aiosmtplib.send(
        letter(), hostname=HOST, port=post.port, username="anybody", password="anything", start_tls=False
    )
    assert post.mailbox.messages.all[0].subject == "Welcome"


@pytest.mark.asyncio
@pytest.mark.parametrize("credentials", [True, False])
async def test_fastapi_mail_delivers(post: Post, credentials: bool) -> None:
    configuration = ConnectionConfig(
        MAIL_SERVER=HOST,
        MAIL_PORT=post.port,
        MAIL_FROM="app@example.com",
        MAIL_USERNAME="app",
        MAIL_PASSWORD=SecretStr("secret"),
        MAIL_STARTTLS=False,
        MAIL_SSL_TLS=False,
        USE_CREDENTIALS=credentials,
    )
    message = MessageSchema(
        subject="Welcome",
        recipients=[NameEmail("Ada", "ada@example.com")],
        body="<p>Hello</p>",
        subtype=MessageType.html,
    )
    await FastMail(configuration).send_message(message)
    arrived = post.mailbox.messages.wait_for(lambda message: "ada@example.com" in message.recipients, SECONDS)
    assert arrived is not None
    assert arrived.html is not None
    assert "<p>Hello</p>" in arrived.html


def test_waiting_for_a_message_ends_in_time(post: Post) -> None:
    assert post.mailbox.messages.wait_for(bool, 0.01) is None


def test_a_message_that_is_too_long_is_refused(post: Post) -> None:
    with post.client() as client, pytest.raises(smtplib.SMTPResponseException) as refused:
        client.sendmail("app@example.com", ["ada@example.com"], b"x\r\n" * (LARGEST_MESSAGE // 3 + 1))
    assert refused.value.smtp_code == 552
    assert post.mailbox.messages.all == ()


def test_recipients_beyond_the_limit_are_refused(post: Post) -> None:
    wanted = [f"user{number}@example.com" for number in range(MOST_RECIPIENTS + 2)]
    with post.client() as client:
        refused = client.sendmail("app@example.com", wanted, b"Subject: many\r\n\r\n")
    assert sorted(refused) == sorted(wanted[MOST_RECIPIENTS:])
    assert len(post.mailbox.messages.all[0].recipients) == MOST_RECIPIENTS


def test_it_is_known_who_had_logged_in(post: Post) -> None:
    with post.client() as client:
        client.send_message(letter("from nobody"), "app@example.com", "ada@example.com")
        client.login("contacts", "any password")
        client.send_message(letter("from a user"), "app@example.com", "ada@example.com")
    assert [message.user for message in post.mailbox.messages.all] == ["", "contacts"]


def test_connections_beyond_the_limit_are_ended_and_the_others_stay(post: Post) -> None:
    standing = [socket.create_connection((HOST, post.port), timeout=SECONDS) for _ in range(MOST_CONNECTIONS)]
    assert all(connection.recv(3) == b"220" for connection in standing)
    with socket.create_connection((HOST, post.port), timeout=SECONDS) as beyond:
        assert ended_without_a_word(beyond)
    standing[0].sendall(b"NOOP\r\n")
    standing[0].close()
    for connection in standing:
        connection.close()


def ended_without_a_word(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_only_so_many_messages_are_kept() -> None:
    messages = Messages()
    for number in range(MESSAGES_KEPT + 5):
        messages.add("app@example.com", ["ada@example.com"], b"Subject: %d\r\n\r\n" % number)
    assert len(messages.all) == MESSAGES_KEPT
    assert messages.all[0].subject == "5"


def test_only_so_many_bytes_are_kept() -> None:
    messages = Messages()
    for _ in range(4):
        messages.add("app@example.com", ["ada@example.com"], bytes(BYTES_KEPT // 3))
    assert [message.number for message in messages.all] == [2, 3, 4]


def test_a_mailbox_that_refuses_says_so_and_can_be_well_again(post: Post) -> None:
    post.mailbox.set_fault(FaultMode.REFUSES)
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        post.client()
    assert refused.value.smtp_code == 421
    post.mailbox.set_fault(FaultMode.NONE)
    assert post.send(letter()).subject == "Welcome"


def test_one_that_refuses_does_so_on_connections_that_stand(post: Post) -> None:
    client = post.client()
    post.mailbox.set_fault(FaultMode.REFUSES)
    with pytest.raises(smtplib.SMTPException):
        client.sendmail("app@example.com", ["ada@example.com"], b"Subject: no\r\n\r\n")
    client.close()
    assert post.mailbox.messages.all == ()


def test_a_mailbox_that_stalls_says_nothing_until_it_is_well_again(post: Post) -> None:
    post.mailbox.set_fault(FaultMode.STALLS)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        post.client(timeout=0.2)
    with socket.create_connection((HOST, post.port), timeout=SECONDS) as waiting:
        post.mailbox.set_fault(FaultMode.NONE)
        assert waiting.recv(3) == b"220"


def test_a_mailbox_that_drops_reads_the_message_and_takes_nothing(post: Post) -> None:
    post.mailbox.set_fault(FaultMode.DROPS)
    client = post.client()
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.sendmail("app@example.com", ["ada@example.com"], b"Subject: lost\r\n\r\n")
    client.close()
    assert post.mailbox.messages.all == ()


def test_a_mailbox_that_stalls_can_be_stopped(post: Post) -> None:
    post.mailbox.set_fault(FaultMode.STALLS)
    with socket.create_connection((HOST, post.port), timeout=SECONDS) as waiting:
        post.mailbox.stop()
        assert ended_without_a_word(waiting)


def test_it_serves_on_several_sockets_at_once(post: Post) -> None:
    other = listen(0)
    port = port_of(other)
    post.mailbox.serve(other)
    post.send(letter("by the first"))
    with smtplib.SMTP(HOST, port, timeout=SECONDS) as client:
        client.send_message(letter("by the other"))
    assert [message.subject for message in post.mailbox.messages.all] == ["by the first", "by the other"]


def test_the_page_lists_messages_and_shows_one(post: Post, pages: Any) -> None:
    assert "No message has arrived yet" in pages.get("/").text
    post.send(letter("First", html="<p>in <b>HTML</b></p>"))
    post.send(letter("Second"))
    listed = pages.get("/").text
    assert listed.index("Second") < listed.index("First")
    shown = pages.get("/messages/1").text
    assert 'src="1/html"' in shown
    assert '<a href="http://127.0.0.1:8000/verify/1"' in shown
    assert "<iframe" not in pages.get("/messages/2").text
    assert pages.get("/messages/1/text").headers.get_content_type() == "text/plain"
    assert "Subject: First" in pages.get("/messages/1/raw").text
    assert pages.get("/messages/3").status == 404


def test_all_addresses_are_relative_so_that_a_proxy_may_put_a_prefix_before_them(post: Post, pages: Any) -> None:
    post.send(letter(html="<p>Hello</p>"))
    for path in ("/", "/messages/1"):
        for attribute in ("href=", "src=", "action=", "data-state="):
            for part in pages.get(path).text.split(attribute)[1:]:
                assert not part.startswith('"/')
    assert pages.ask("POST", "/messages/1/delete").headers["location"] == "../.."
    assert pages.ask("POST", "/delete").headers["location"] == "."


def test_messages_can_be_read_and_deleted_as_json(post: Post, pages: Any) -> None:
    for subject in ("one", "two", "three"):
        post.send(letter(subject))
    listed = pages.get("/api/messages").json
    assert [message["subject"] for message in listed] == ["one", "two", "three"]
    assert listed[0]["from"] == "app@example.com"
    assert listed[0]["to"] == ["ada@example.com"]
    assert "verify/1" in pages.get("/api/messages/1").json["text"]
    assert pages.ask("DELETE", "/api/messages/1").status == 204
    assert pages.get("/api/messages/1").status == 404
    assert pages.ask("POST", "/messages/2/delete").status == 303
    assert [message.subject for message in post.mailbox.messages.all] == ["three"]
    assert pages.ask("DELETE", "/api/messages").status == 204
    assert post.mailbox.messages.all == ()


def test_the_page_learns_of_every_change(post: Post, pages: Any) -> None:
    states = [pages.get("/state").json["state"]]
    post.send(letter())
    states.append(pages.get("/state").json["state"])
    pages.ask("DELETE", "/api/messages/1")
    states.append(pages.get("/state").json["state"])
    assert len(set(states)) == 3


ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def test_nothing_in_a_message_is_markup_on_the_page(post: Post, pages: Any) -> None:
    message = letter(f"{ATTACK} \u202e", f"{ATTACK} \u202e http://x.example/<script>")
    message.add_attachment(b"", maintype="application", subtype="x", filename=f"{ATTACK}.exe")
    del message["From"]
    message["From"] = f'"{ATTACK}" <eve@example.com>'
    post.send(message)
    for path in ("/", "/messages/1"):
        shown = pages.get(path).text
        assert "&lt;script&gt;alert" in shown
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert "\u202e" not in shown


def test_the_html_of_a_message_is_shown_where_it_can_do_nothing(post: Post, pages: Any) -> None:
    post.send(letter(html=f"<base href=http://x.example>{ATTACK}<form action=/delete>"))
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in pages.get("/messages/1").text
    policy = pages.get("/messages/1/html").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script" not in policy
    assert "form-action 'none'" in policy
    assert "base-uri 'none'" in policy
    for path in ("/messages/1/text", "/messages/1/raw"):
        shown = pages.get(path)
        assert shown.headers.get_content_type() == "text/plain"
        assert shown.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/delete", "/messages/1/delete"])
def test_no_foreign_page_can_delete(post: Post, pages: Any, path: str) -> None:
    post.send(letter())
    assert pages.ask("POST", path, sec_fetch_site="cross-site").status == 403
    assert pages.ask("POST", path, sec_fetch_site="same-site").status == 403
    assert len(post.mailbox.messages.all) == 1
    assert pages.ask("POST", path, sec_fetch_site="same-origin").status == 303


def test_another_name_of_this_machine_is_refused(pages: Any) -> None:
    assert pages.get("/", host="rebound.example").status == 400


NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (depth, depth) for depth in range(5_000)
)
STRANGE = {
    "nothing": b"",
    "no header": b"\r\nonly a body",
    "no such charset": b"Content-Type: text/plain; charset=nowhere\r\n\r\n\xff\xfe",
    "charset that is no text": b"Content-Type: text/plain; charset=zlib\r\n\r\n\xff\xfe",
    "charset with half characters": b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-",
    "wrong base64": b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!=",
    "subject in wrong base64": b"Subject: =?utf-8?b?abc?=\r\n\r\n",
    "subject in no charset": b"Subject: =?nowhere?q?abc?=\r\n\r\n",
    "bytes in the subject": b"Subject: \xff\xd0\x9f\xed\xa0\x80\r\n\r\n",
    "wrong charset of a name": b"Content-Disposition: attachment; filename*=nowhere''%ff%00\r\n\r\n",
    "zero bytes": b"Subject: a\0b\r\nContent-Type: text/html\r\n\r\n\0<b>\0",
    "multipart without parts": b"Content-Type: multipart/mixed\r\n\r\nno parts",
    "multipart that is base64": b"Content-Type: multipart/mixed; boundary=x\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n--x\r\n\r\nhello\r\n--x--\r\n",
    "message in a message": b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello",
    "parts inside of parts": NESTED,
    "fewer parts inside of parts": NESTED[: NESTED.index(b"--480")],
    "long header": b"Content-Type: text/plain" + b';\r\n "' * 200_000 + b"\r\n\r\nhello",
    "long subject": b"Subject: " + b"\r\n =?utf-8?q?a?=" * 100_000 + b"\r\n\r\nhello",
    "many parts": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n" * 100_000,
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_messages_are_shown_in_no_time(post: Post, pages: Any, name: str) -> None:
    post.send(STRANGE[name] or b"\r\n")
    began = time.monotonic()
    for path in ("/", "/messages/1", "/api/messages", "/api/messages/1", "/messages/1/raw"):
        assert pages.get(path).status == 200
    for path in ("/messages/1/html", "/messages/1/text"):
        assert pages.get(path).status in (200, 404)
    assert time.monotonic() - began < 5


def test_addresses_with_half_characters_are_shown(post: Post, pages: Any) -> None:
    with post.client() as client:
        client.ehlo()
        for line in (b"MAIL FROM:<\xff@example.com> SMTPUTF8", b"RCPT TO:<\xd0@example.com>", b"DATA"):
            client.send(line + b"\r\n")
            client.getreply()
        client.send(b"Subject: odd\r\n\r\n.\r\n")
        assert client.getreply()[0] == 250
    assert pages.get("/").status == 200
    assert pages.get("/api/messages").json[0]["subject"] == "odd"


NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (each, each) for each in range(490))
HOSTILE = {
    "lines in nested parts": NESTED + b"x\n" * 1_000_000,
    "nested parts without line feeds": NESTED.replace(b"\n", b"") + b"x\r" * 1_000_000,
    "messages in messages": b"Content-Type: message/rfc822\r\n\r\n" * 60_000,
    "headers": b"a:\r\n" * 500_000,
    "blank lines": b"Subject: x\r\n\r\n" + b"\n" * 2_000_000,
    "uuencoded lines": b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\n" + b"M\n" * 1_000_000,
    "reports": b"Content-Type: message/delivery-status\r\n\r\n" + b"a: b\n\n" * 300_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_message_of_any_kind_is_read_in_a_moment(raw: bytes) -> None:
    message = Message(1, datetime.now(UTC), "app@example.com", ("ada@example.com",), raw)
    began = time.process_time()
    assert isinstance(message.subject, str)
    assert message.html is None or isinstance(message.html, str)
    assert message.text is None or isinstance(message.text, str)
    assert isinstance(message.attachments, tuple)
    assert time.process_time() - began < 5
