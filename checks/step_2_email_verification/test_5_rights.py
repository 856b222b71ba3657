"""Task 2.5: what an unverified account may do."""

from collections.abc import Mapping
from random import Random

from courseware.checking import Application, Request, check
from errors import expect_error
from step_1_contacts_crud.contacts import valid_contact
from step_2_email_verification.unverified import expect_unverified_refused, unverified_user
from users import CONTACTS, Account, User, new_account, new_email, path_of

UNVERIFIED = ("new_account_is_not_verified",)


@check(
    task="2.5",
    points=5,
    hints=(
        "Register, do not follow the link, log in with the right password. What should happen?",
        "The application knows the user, and does not allow the login yet. Is this 401 or 403?",
        'In log_in, after the password: demand_verified(user), which raises Forbidden("email_not_verified", ...).',
    ),
)
def test_login_waits_for_the_link(application: Application, random: Random) -> None:
    """The right password answers 403 email_not_verified until the user has followed the link."""
    account = new_account(random)
    application.send(account.registration).expect_status(201, key="cannot_register")
    expect_error(application.send(account.login), 403, code="email_not_verified", key="unverified_login")


@check(
    task="2.5",
    points=3,
    hints=(
        "An attacker guesses passwords. What do the answers reveal about the account?",
        "Without the right password, an answer must not reveal whether the address has an account.",
        "Check the password first, with one 401 for every failure. Check is_verified afterwards.",
    ),
    needs=UNVERIFIED,
)
def test_wrong_password_comes_first(application: Application, random: Random) -> None:
    """A wrong password for an unverified account answers exactly as an unknown address does: 401 bad_credentials."""
    account = new_account(random)
    application.send(account.registration).expect_status(201, key="cannot_register")
    wrong, unknown = (Account(address, "не той пароль").login for address in (account.email, new_email(random)))
    answer, other = application.send(wrong), application.send(unknown)
    expect_error(answer, 401, code="bad_credentials", key="told_before_the_password")
    if answer.body != other.body:
        raise answer.failed("told_before_the_password", f"as for an unknown address: {other}", str(answer))


@check(
    task="2.5",
    points=4,
    hints=(
        "The login checks is_verified. Which other endpoints have to check it?",
        "A dependency can check more than CurrentUser does, and every route of contacts can use it.",
        "VerifiedUser in place of CurrentUser in all of contacts.py; get_verified_user calls users.demand_verified.",
    ),
)
def test_contacts_wait_for_the_link(application: Application, environment: Mapping[str, str], random: Random) -> None:
    """Listing and creating contacts answers 403 email_not_verified to a user who has not followed the link."""
    unverified = unverified_user(application, environment, random)
    for request in (Request("GET", CONTACTS, token=unverified.token), unverified.creation_of(valid_contact(random))):
        expect_unverified_refused(unverified, application.send(request), key="unverified_let_in")


@check(
    task="2.5",
    points=2,
    hints=(
        "The list answers 403. What does the path of a single contact answer?",
        "Try GET, PATCH and DELETE of an existing contact, with the token of a user who is not verified.",
        "VerifiedUser in place of CurrentUser in read_contact, update_contact and delete_contact too.",
    ),
    needs=("link_verifies_the_address",),
)
def test_single_contacts_wait_for_the_link(
    application: Application, user: User, environment: Mapping[str, str], random: Random
) -> None:
    """GET, PATCH and DELETE of a contact answer 403 email_not_verified to a user who has not followed the link."""
    unverified = unverified_user(application, environment, random)
    path = path_of(user.created(valid_contact(random))["id"])
    for request in (
        Request("GET", path, token=unverified.token),
        Request("PATCH", path, json={"notes": "мій"}, token=unverified.token),
        Request("DELETE", path, token=unverified.token),
    ):
        expect_unverified_refused(unverified, application.send(request), key="unverified_let_in")
