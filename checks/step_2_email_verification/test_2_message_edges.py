"""Task 2.2: the edges."""

import re
from collections.abc import Mapping
from html import unescape
from random import Random

from courseware.checking import Application, FaultMode, Mailbox, check, expect
from step_1_contacts_crud.contacts import RACES
from step_2_email_verification.tokens import claims_in, seconds_in
from step_2_email_verification.verification import expect_messages, register
from users import new_account

ARRIVED = ("message_with_a_link_arrives",)
TOKEN = re.compile(r"\bey[\w-]{10,300}+\.[\w-]{10,2000}+\.[\w-]{10}")
HREF = re.compile(r"""<a\s[^<>]{0,500}?href\s*=\s*["']?([^"'<>\s]+)""", re.IGNORECASE)
CHANGING = re.compile(r"[0-9a-fA-F]{4,}|[0-9]{1,20}")
DAY = 24 * 60 * 60


def kinds_of_lines(log: str) -> set[str]:
    """The lines without numbers and addresses, which differ from one registration to the next."""
    return {CHANGING.sub("#", line) for line in log.splitlines() if line.strip()}


@check(
    task="2.2",
    points=0.5,
    hints=(
        "Decode the token of a message in the notebook. Which claims does it contain?",
        "The token is for one user, one address, one purpose and one day, and is signed with a separate key.",
        'sub is the id as a text, purpose is "email_verify", exp is 24 hours after iat; the key is EMAIL_TOKEN_SECRET.',
    ),
    needs=ARRIVED,
)
def test_token_says_what_it_is_for(
    application: Application, mailbox: Mailbox, environment: Mapping[str, str], random: Random
) -> None:
    """The token in the link is a JWT for email_verify, valid for 24 hours, with the user and the address."""
    newcomer = register(application, mailbox, random)
    claims = claims_in(newcomer.token, environment["EMAIL_TOKEN_SECRET"])
    expected = {"sub": str(newcomer.id), "purpose": "email_verify"}
    got = {name: claims.optional(name) for name in expected}
    expect(got == expected, "wrong_claims", asked="the token in the link", expected=expected, got=got)
    claims.value("jti", key="wrong_claims")
    lifetime = seconds_in(claims, "exp") - seconds_in(claims, "iat")
    right = abs(lifetime - DAY) <= 1  # the clock may have been asked twice
    expect(right, "wrong_lifetime", asked="exp - iat of the token", expected=f"{DAY} s", got=f"{lifetime} s")
    named = newcomer.account.email in claims.typed(dict).values()
    expect(
        named,
        "address_not_in_token",
        asked="the token in the link",
        expected="a claim that is the address",
        got=str(claims),
    )


@check(
    task="2.2",
    points=0.5,
    hints=(
        "Which setting contains the sender of the message?",
        "A mail server accepts only known senders, and they differ between environments.",
        "The sender is settings.mail_from, in header and envelope. settings.mail_username logs in.",
    ),
    needs=ARRIVED,
)
def test_sender_comes_from_the_settings(
    application: Application, mailbox: Mailbox, environment: Mapping[str, str], random: Random
) -> None:
    """The message comes from MAIL_FROM, in its header and its envelope, and MAIL_USERNAME logs in."""
    message, sender = register(application, mailbox, random).message, environment["MAIL_FROM"]
    for asked, got in (("From of the message", message.header("From")), ("the sender in SMTP", message.sender)):
        expect(sender in got, "wrong_sender", asked=asked, expected=sender, got=got)
    user = environment["MAIL_USERNAME"]
    expect(message.user == user, "not_logged_in", asked="the login at the server", expected=user, got=message.user)


@check(
    task="2.2",
    points=1,
    hints=(
        "A message was lost. How does the operator learn of it?",
        "No code sees the exception of a task that is not awaited. What do you write into the log?",
        "Catch the exception in the task and call logger.error with the user's id, without address and link.",
    ),
    needs=("mail_server_that_refuses_spoils_nothing",),
)
def test_lost_message_is_logged(application: Application, mailbox: Mailbox, random: Random) -> None:
    """A message that the mail server refuses is logged, and the log never contains a token."""
    start = application.log_position
    for _ in range(2):
        register(application, mailbox, random)
    usual = kinds_of_lines(application.log_since(start))
    before = application.log_position
    mailbox.set_fault(FaultMode.DROPS)
    application.send(new_account(random).registration).expect_status(201, key="registration_needs_mail_server")
    asked = "a registration while the mail server drops messages"
    lost = application.logs_after(before, lambda log: not kinds_of_lines(log) <= usual)
    expected = "a line in the log that a registration whose message arrives does not leave"
    expect(lost, "loss_not_logged", asked=asked, expected=expected, got="none")
    said = application.log_since(before)
    expect(not TOKEN.search(said), "token_logged", asked=asked, expected="a log without the token", got=said[:300])


@check(
    task="2.2",
    points=1,
    hints=(
        "Send the same registration twice at once. How many accounts and how many messages are there?",
        "Only one of several equal inserts is committed. Which of the requests may send a message?",
        "Send after the commit. The unique constraint raises before it, so the other requests send nothing.",
    ),
    needs=("refused_registration_sends_nothing",),
)
def test_racing_registrations_send_one_message(application: Application, mailbox: Mailbox, random: Random) -> None:
    """Of several equal registrations at the same moment one answers 201, all others 409, and one message goes out."""
    for _ in range(RACES):
        account = new_account(random)
        answers = application.send_at_once([account.registration] * 3)
        created = [answer.expect_status(201, 409, key="race_not_handled").status for answer in answers].count(201)
        asked = f"three times at once {answers[0].request}"
        expect(created == 1, "race_created_doubles", asked=asked, expected="201 once", got=f"201 {created} times")
        mailbox.wait_for(account.email)
    expect_messages(application, mailbox, random, account.email, 1, key="message_without_account")


@check(
    task="2.2",
    points=0.5,
    hints=(
        "Read the source of a message. Which parts does it have, in which order, and where is the link in each?",
        "A mail program shows the last form that it understands. In HTML, the link needs an <a> element.",
        'multipart_subtype=MultipartSubtypeEnum.alternative, plain text first, and <a href="{{ link }}"> in the HTML.',
    ),
    needs=("message_is_html_and_plain_text",),
)
def test_forms_are_alternatives(application: Application, mailbox: Mailbox, random: Random) -> None:
    """The two forms are multipart/alternative, and in the HTML the link is the href of an <a>."""
    newcomer = register(application, mailbox, random)
    message = newcomer.message
    expect(
        b"multipart/alternative" in message.raw.lower(),
        "not_alternatives",
        asked="the parts of the message",
        expected="multipart/alternative",
        got=message.header("Content-Type"),
    )
    hrefs = [unescape(href) for href in HREF.findall(message.html or "")]
    shown = ", ".join(hrefs) or "none"
    expect(newcomer.link in hrefs, "link_is_no_href", asked="<a> in the HTML", expected="the link", got=shown)
