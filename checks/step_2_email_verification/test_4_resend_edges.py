"""Task 2.4: the edges."""

from random import Random

from courseware.checking import Application, FaultMode, Mailbox, Request, check
from errors import expect_error
from step_1_contacts_crud.contacts import mixed_case
from step_2_email_verification.verification import RESEND, answered_meanwhile, in_time, register, resend

SENT = ("message_is_sent_again",)


@check(
    task="2.4",
    points=0.5,
    hints=(
        "Send the address in capital letters. Does a message arrive?",
        "Every part of the application compares addresses in lower case.",
        "Use the type Email of app/schemas/base.py, or find_by_email. Both convert the address to lower case.",
    ),
    needs=SENT,
)
def test_any_spelling_is_found(application: Application, mailbox: Mailbox, random: Random) -> None:
    """POST /auth/resend-verification ignores the case of the address."""
    email = register(application, mailbox, random).account.email
    resend(application, mixed_case(email, random)).expect_status(202, key="not_accepted")
    mailbox.wait_for(email, after=1, key="other_spelling_not_found")


@check(
    task="2.4",
    points=0.5,
    hints=(
        "Send the request while the mail server is unavailable.",
        "An answer that depends on the mail server reveals accounts, by its status or by its time.",
        "Send in the background here too, with the same function as the registration.",
    ),
    needs=("nobody_waits_for_the_mail_server", "everybody_hears_the_same"),
)
def test_resending_waits_for_nobody(application: Application, mailbox: Mailbox, random: Random) -> None:
    """POST /auth/resend-verification answers 202 also while the mail server does not answer or refuses."""
    email = register(application, mailbox, random).account.email
    request = Request("POST", RESEND, json={"email": email})
    mailbox.set_fault(FaultMode.STALLS)
    answer = answered_meanwhile(application, mailbox, request, key="waits_for_mail_server")
    answer.expect_status(202, key="resending_needs_mail_server")
    mailbox.set_fault(FaultMode.REFUSES)
    answer = in_time(application, request, key="waits_for_mail_server")
    answer.expect_status(202, key="resending_needs_mail_server")


@check(
    task="2.4",
    points=0.5,
    hints=(
        "What does the endpoint answer to a body without an address, and to a body with an unknown field?",
        "The body needs a schema like every other body: one required field, and no unknown fields.",
        "EmailRequest is a RequestModel with `email: Email`, which has no default.",
    ),
    needs=SENT,
)
def test_address_must_be_one(application: Application) -> None:
    """POST /auth/resend-verification without an address, with another text or another field answers 422."""
    for body in ({}, {"email": None}, {"email": "nobody"}, {"email": "olena@example.com", "name": "Олена"}):
        answer = application.send(Request("POST", RESEND, json=body))
        expect_error(answer, 422, key="wrong_address_accepted")
