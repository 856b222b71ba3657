"""Task 2.4 with other data."""

from random import Random

from courseware.checking import Application, Mailbox, Request, check
from step_2_email_verification.verification import RESEND, expect_messages, follow, register, resend
from users import link_in, new_email


@check(
    task="2.4",
    points=0.5,
    hints=(
        "Ask for several addresses in one go: one waits, one is verified, one has no account, one is none.",
        "Who gets a message does not depend on what was asked before.",
        "Look the address up anew each time, and send one message to one user who is not verified.",
    ),
    needs=("everybody_hears_the_same", "only_those_who_wait_get_a_message"),
)
def test_each_request_stands_alone(application: Application, mailbox: Mailbox, random: Random) -> None:
    """Of several requests in a row each has its own answer, and its own message if the address waits."""
    waiting, verified, bystander = (register(application, mailbox, random).account.email for _ in range(3))
    follow(application, link_in(mailbox.wait_for(verified))).expect_status(200, key="link_refused")
    for email in (waiting.upper(), waiting, verified, new_email(random)):
        resend(application, email).expect_status(202, key="told_apart_by_status")
    for body in ({"email": f"{waiting} {verified}"}, {"email": 7}, [waiting]):
        application.send(Request("POST", RESEND, json=body)).expect_status(422, key="wrong_address_accepted")
    link = link_in(mailbox.wait_for(waiting, after=2, key="not_sent_again"))
    follow(application, link).expect_status(200, key="link_refused")
    for email, count in ((waiting, 3), (verified, 1), (bystander, 1)):
        expect_messages(application, mailbox, random, email, count, key="wrong_number_of_messages")
