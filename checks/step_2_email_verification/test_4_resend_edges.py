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
        "Do people write their address the same way each time?",
        "Addresses are compared in lower case, everywhere and by everybody.",
        "Use the type Email of app/schemas/base.py, or find_by_email, which look at lower case alone.",
    ),
    needs=SENT,
)
def test_any_spelling_is_found(application: Application, mailbox: Mailbox, random: Random) -> None:
    """POST /auth/resend-verification finds an address in whatever case it is written."""
    email = register(application, mailbox, random).account.email
    resend(application, mixed_case(email, random)).expect_status(202, key="not_accepted")
    mailbox.wait_for(email, after=1, key="other_spelling_not_found")


@check(
    task="2.4",
    points=0.5,
    hints=(
        "Try it again with a mail server that is down.",
        "If the answer depends on the mail server, it tells who has an account, by its status or by its time.",
        "Send in the background here too, with the very function that the registration calls.",
    ),
    needs=("nobody_waits_for_the_mail_server", "everybody_hears_the_same"),
)
def test_resending_waits_for_nobody(application: Application, mailbox: Mailbox, random: Random) -> None:
    """POST /auth/resend-verification answers 202, though the mail server says nothing or refuses."""
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
        "What does the endpoint answer to a body without an address, and to one with a field too many?",
        "The body is described by a schema like every other: what is required, and nothing besides.",
        "EmailRequest is a RequestModel with `email: Email`, which has no default.",
    ),
    needs=SENT,
)
def test_address_must_be_one(application: Application) -> None:
    """POST /auth/resend-verification without an address, with a text that is none or with another field answers 422."""
    for body in ({}, {"email": None}, {"email": "nobody"}, {"email": "olena@example.com", "name": "Олена"}):
        answer = application.send(Request("POST", RESEND, json=body))
        expect_error(answer, 422, key="wrong_address_accepted")
