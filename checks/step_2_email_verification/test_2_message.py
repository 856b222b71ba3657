"""Task 2.2: the message that goes out."""

from collections.abc import Mapping
from random import Random

from courseware.checking import Application, FaultMode, Mailbox, Request, check, expect
from errors import expect_error
from step_2_email_verification.verification import answered_meanwhile, expect_messages, in_time, register
from users import VERIFY, Account, link_in, links_in, new_account

ARRIVED = ("message_with_a_link_arrives",)


@check(
    task="2.2",
    points=5,
    hints=(
        "Register in /docs, then open the mailbox. If it is empty, read the output in the terminal.",
        "The mailer makes a token and sends the message. The route calls the mailer after the account is saved.",
        "After `await users.register(...)` call `mailer.send_verification(user)`, which starts a task that sends.",
    ),
    needs=("new_account_is_not_verified",),
)
def test_message_with_a_link_arrives(application: Application, mailbox: Mailbox, random: Random) -> None:
    """A registration sends a message to the new address, with a link to /api/v1/auth/verify/ and a token."""
    link_in(register(application, mailbox, random).message)


@check(
    task="2.2",
    points=2,
    hints=(
        "Does a link to 127.0.0.1 work on the reader's machine?",
        "The application cannot know its public URL. A setting contains it.",
        'The link is f"{settings.public_url}/api/v1/auth/verify/{token}", without a host in your own code.',
    ),
    needs=ARRIVED,
)
def test_link_begins_with_the_public_address(
    application: Application, mailbox: Mailbox, environment: Mapping[str, str], random: Random
) -> None:
    """The link is {PUBLIC_URL}/api/v1/auth/verify/{token}, for every host that a registration is sent to."""
    link = register(application, mailbox, random).link
    beginning = f"{environment['PUBLIC_URL']}{VERIFY}/"
    whole = link.startswith(beginning) and len(link) > len(beginning) and "/" not in link[len(beginning) :]
    expect(whole, "wrong_link", asked="the link in the message", expected=beginning + "{token}", got=link)


@check(
    task="2.2",
    points=3,
    hints=(
        "Some mail programs show only plain text.",
        "One message can contain the same content in two forms, and the mail program chooses one.",
        "MessageSchema(subtype=MessageType.plain, body=..., multipart_subtype=..., alternative_body=...).",
    ),
    needs=ARRIVED,
)
def test_message_is_html_and_plain_text(application: Application, mailbox: Mailbox, random: Random) -> None:
    """The message contains the same link in HTML and in plain text."""
    message = register(application, mailbox, random).message
    links = {}
    for name, text in (("HTML", message.html), ("plain text", message.text)):
        key = "no_html" if name == "HTML" else "no_plain_text"
        expect(bool(text), key, asked="the parts of the message", expected=f"one in {name}", got="none")
        links[name] = links_in(text or "")
    (in_html, in_text) = links.values()
    same = in_html == in_text and len(in_text) == 1
    expect(same, "links_differ", asked="the links in both parts", expected="one, the same in both", got=str(links))


@check(
    task="2.2",
    points=1.5,
    hints=(
        "Count the messages in the mailbox after one registration.",
        "Search your code for calls that send the message: in the route, in the service. Is there more than one?",
        "Only the route calls send_verification, and it does so once.",
    ),
    needs=ARRIVED,
)
def test_one_message_for_one_registration(application: Application, mailbox: Mailbox, random: Random) -> None:
    """A registration sends exactly one message, only to the new address."""
    newcomer = register(application, mailbox, random)
    address = newcomer.account.email
    expect_messages(application, mailbox, random, address, 1, key="several_messages")
    got = ", ".join(newcomer.message.recipients)
    expect(got == address, "other_recipients", asked="the recipients of the message", expected=address, got=got)


@check(
    task="2.2",
    points=2,
    hints=(
        "Is the account committed when your code sends the message?",
        "A transaction can be rolled back. A message cannot.",
        "Send after the service has committed and returned. If it raises Conflict, send no message.",
    ),
    needs=ARRIVED,
)
def test_refused_registration_sends_nothing(application: Application, mailbox: Mailbox, random: Random) -> None:
    """A registration with an address that is taken answers 409 email_taken, and no message is sent."""
    account = register(application, mailbox, random).account
    again = Account(account.email, "another password")
    answer = application.send(again.registration)
    expect_error(answer, 409, code="email_taken", key="taken_address_accepted")
    expect_messages(application, mailbox, random, account.email, 1, key="message_without_account")


@check(
    task="2.2",
    points=3,
    hints=(
        "The mail server is unavailable. Which status does the client get?",
        "An error during sending must not change the answer to the registration or roll it back.",
        "Catch the exception inside the task that sends, and log it. The user can ask for another message.",
    ),
    needs=ARRIVED,
)
def test_mail_server_that_refuses_spoils_nothing(application: Application, mailbox: Mailbox, random: Random) -> None:
    """While the mail server refuses messages, a registration answers 201 and is saved completely."""
    account = new_account(random)
    mailbox.set_fault(FaultMode.REFUSES)
    answer = in_time(application, account.registration, key="waits_for_mail_server")
    answer.expect_status(201, key="registration_needs_mail_server")
    mailbox.set_fault(FaultMode.NONE)
    expect_error(application.send(account.registration), 409, code="email_taken", key="account_not_kept")
    register(application, mailbox, random)


@check(
    task="2.2",
    points=3,
    hints=(
        "A mail server may need a minute. Which requests wait during this time?",
        "A request can wait itself, or it can block the event loop for all requests. Avoid both.",
        "Start a task with asyncio.create_task, and send with an asynchronous library such as FastAPI-Mail.",
    ),
    needs=ARRIVED,
)
def test_nobody_waits_for_the_mail_server(application: Application, mailbox: Mailbox, random: Random) -> None:
    """While the mail server does not answer, registrations and other requests are still answered."""
    mailbox.set_fault(FaultMode.STALLS)
    for _ in range(2):
        registration = new_account(random).registration
        answer = answered_meanwhile(application, mailbox, registration, key="waits_for_mail_server")
        answer.expect_status(201, key="registration_needs_mail_server")
    health = Request("GET", "/api/v1/health")
    answer = answered_meanwhile(application, mailbox, health, key="waits_for_mail_server")
    answer.expect_status(200, key="waits_for_mail_server")
