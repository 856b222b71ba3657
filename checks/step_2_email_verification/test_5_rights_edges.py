"""Task 2.5: the edges."""

from collections.abc import Mapping
from random import Random

from courseware.checking import Application, Mailbox, check
from step_2_email_verification.tokens import signed
from step_2_email_verification.unverified import access_claims, expect_unverified_refused
from step_2_email_verification.verification import follow, register
from users import User, me

CLOSED = ("contacts_wait_for_the_link",)


@check(
    task="2.5",
    points=1,
    hints=(
        "The row has changed. Which part of your code still has the old value?",
        "Read is_verified from the database for every request. It does not belong in a token.",
        "get_verified_user checks the user that this request has read from the database.",
    ),
    needs=(*CLOSED, "link_verifies_the_address"),
)
def test_verification_counts_at_once(
    application: Application, mailbox: Mailbox, environment: Mapping[str, str], random: Random
) -> None:
    """A token from before the user followed the link works for contacts afterwards."""
    newcomer = register(application, mailbox, random)
    token = signed(access_claims(newcomer.id, random), environment["JWT_SECRET_KEY"])
    user = User(application, newcomer.account.email, token)
    expect_unverified_refused(user, user.page(), key="unverified_let_in")
    follow(application, newcomer.link).expect_status(200, key="link_refused")
    if me(application, token).status == 200:  # else the application takes no tokens but those that it has made
        user.page().expect_status(200, key="still_refused")
