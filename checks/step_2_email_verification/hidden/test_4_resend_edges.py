"""Task 2.4 with other data."""

from random import Random

from courseware.checking import Application, Mailbox, Request, check
from step_2_email_verification.verification import RESEND, expect_messages, follow, register, resend
from users import link_in, new_email


@check(
    task="2.4",
    points=0.5,
    hints=(
        "Send requests for four addresses: not verified, verified, without an account, and not an address.",
        "A request must not depend on the requests before it.",
        "Query the address for each request, and send one message to a user who is not verified.",
    ),
    needs=("everybody_hears_the_same", "only_those_who_wait_get_a_message"),
)
def test_each_request_stands_alone(application: Application, mailbox: Mailbox, random: Random) -> None:
    """Several requests in a row each get an answer, and a message if the address is not verified."""
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
