"""Task 2.4: send it again."""

from random import Random

from courseware.checking import Application, Mailbox, check
from step_2_email_verification.verification import expect_messages, follow, register, resend
from users import link_in, new_email

SENT = ("message_is_sent_again",)
VERIFIED = "link_verifies_the_address"


@check(
    task="2.4",
    points=3,
    hints=(
        "Send the request in /docs. Compare its status with the task, then count the messages in the mailbox.",
        'Find the user by the address. If they are not verified, send a message. Which status means "accepted"?',
        "@router.post(..., status_code=202), then mailer.send_verification(user) for a user who is not verified.",
    ),
    needs=("message_with_a_link_arrives",),
)
def test_message_is_sent_again(application: Application, mailbox: Mailbox, random: Random) -> None:
    """POST /auth/resend-verification answers 202 and sends one more message with a link."""
    email = register(application, mailbox, random).account.email
    resend(application, email).expect_status(202, key="not_accepted")
    link_in(mailbox.wait_for(email, after=1, key="not_sent_again"))


@check(
    task="2.4",
    points=1,
    hints=(
        "There are two messages with two links. Which of them will the user follow?",
        "The reader may follow either of them, so both have to work until they expire.",
        "Make the second token like the first one, and remember nothing about tokens that were sent.",
    ),
    needs=(*SENT, VERIFIED),
)
def test_each_message_has_a_link_that_works(application: Application, mailbox: Mailbox, random: Random) -> None:
    """After POST /auth/resend-verification the new link works, and so does the first one."""
    for follows_the_first in (True, False):
        newcomer = register(application, mailbox, random)
        resend(application, newcomer.account.email).expect_status(202, key="not_accepted")
        second = link_in(mailbox.wait_for(newcomer.account.email, after=1, key="not_sent_again"))
        link = newcomer.link if follows_the_first else second
        follow(application, link).expect_status(200, key="link_refused")


@check(
    task="2.4",
    points=4,
    hints=(
        "Request a message for an address without an account. What does the answer reveal?",
        "The answer must not reveal whether an address has an account.",
        "One return statement for all cases: if this address is not verified, a message is on its way.",
    ),
    needs=(*SENT, VERIFIED),
)
def test_everybody_hears_the_same(application: Application, mailbox: Mailbox, random: Random) -> None:
    """POST /auth/resend-verification answers 202 with one body for unknown, unverified and verified addresses."""
    waiting, verified = (register(application, mailbox, random) for _ in range(2))
    follow(application, verified.link).expect_status(200, key="link_refused")
    first = resend(application, waiting.account.email).expect_status(202, key="not_accepted")
    for email in (verified.account.email, new_email(random)):
        answer = resend(application, email).expect_status(202, key="told_apart_by_status")
        if answer.body != first.body:
            raise answer.failed("told_apart_by_body", f"as for a waiting address: {first}", str(answer))


@check(
    task="2.4",
    points=2,
    hints=(
        "Which users do not need another message?",
        "The answer is the same for every address. The message is not.",
        "Send only `if user and not user.is_verified`.",
    ),
    needs=(*SENT, VERIFIED),
)
def test_only_those_who_wait_get_a_message(application: Application, mailbox: Mailbox, random: Random) -> None:
    """POST /auth/resend-verification sends no message to an unknown or a verified address."""
    verified = register(application, mailbox, random)
    follow(application, verified.link).expect_status(200, key="link_refused")
    unknown = new_email(random)
    for email in (verified.account.email, unknown):
        resend(application, email).expect_status(202, key="told_apart_by_status")
    expect_messages(application, mailbox, random, verified.account.email, 1, key="message_to_verified")
    expect_messages(application, mailbox, random, unknown, 0, key="message_to_unknown")
