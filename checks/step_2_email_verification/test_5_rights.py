"""Task 2.5: what an unverified account may do."""

from collections.abc import Mapping
from random import Random

from courseware.checking import Application, Mailbox, Request, check
from errors import expect_error
from step_1_contacts_crud.contacts import valid_contact
from step_2_email_verification.unverified import expect_unverified_refused, unverified_user
from step_2_email_verification.verification import follow, log_in, register
from users import CONTACTS, Account, User, new_email, path_of

REFUSED = ("login_waits_for_the_link",)
CLOSED = ("contacts_wait_for_the_link",)


@check(
    task="2.5",
    points=5,
    hints=(
        "Register, do not follow the link, log in with the right password. What should happen?",
        "We know who it is; they are just not allowed in yet. Which of 401 and 403 says that?",
        'In log_in, after the password: demand_verified(user), which raises Forbidden("email_not_verified", ...).',
    ),
    needs=("link_verifies_the_address",),
)
def test_login_waits_for_the_link(application: Application, mailbox: Mailbox, random: Random) -> None:
    """The right password answers 403 email_not_verified until the link is followed, and 200 from then on."""
    newcomer = register(application, mailbox, random)
    answer = application.send(newcomer.account.login)
    expect_error(answer, 403, code="email_not_verified", key="unverified_login")
    follow(application, newcomer.link).expect_status(200, key="link_refused")
    log_in(application, newcomer.account)


@check(
    task="2.5",
    points=3,
    hints=(
        "Somebody guesses at passwords. What do the answers tell them about the account?",
        "Before somebody has shown who they are, they learn nothing: not even that the address is known.",
        "Look at the password first, with one 401 for all that is wrong with it, and only then at is_verified.",
    ),
    needs=REFUSED,
)
def test_wrong_password_comes_first(application: Application, mailbox: Mailbox, random: Random) -> None:
    """A wrong password for an unverified account answers exactly as an unknown address does: 401 bad_credentials."""
    email = register(application, mailbox, random).account.email
    wrong, unknown = (Account(address, "не той пароль").login for address in (email, new_email(random)))
    answer, other = application.send(wrong), application.send(unknown)
    expect_error(answer, 401, code="bad_credentials", key="told_before_the_password")
    if answer.body != other.body:
        raise answer.failed("told_before_the_password", f"as for an unknown address: {other}", str(answer))


@check(
    task="2.5",
    points=6,
    hints=(
        "Login is one door. Which others are there, and who stands at them?",
        "A dependency can ask one more question than CurrentUser does, and every route of contacts can use it.",
        "VerifiedUser in place of CurrentUser in all of contacts.py; get_verified_user calls users.demand_verified.",
    ),
    needs=REFUSED,
)
def test_contacts_wait_for_the_link(
    application: Application, user: User, environment: Mapping[str, str], random: Random
) -> None:
    """Every request about contacts answers 403 email_not_verified to a user who has not followed the link."""
    unverified = unverified_user(application, environment, random)
    path = path_of(user.created(valid_contact(random))["id"])
    for request in (
        Request("GET", CONTACTS, token=unverified.token),
        unverified.creation_of(valid_contact(random)),
        Request("GET", path, token=unverified.token),
        Request("PATCH", path, json={"notes": "мій"}, token=unverified.token),
        Request("DELETE", path, token=unverified.token),
    ):
        expect_unverified_refused(unverified, application.send(request), key="unverified_let_in")
