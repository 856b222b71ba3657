"""Task 8.1: the same demands in another order."""

from random import Random

from courseware.checking import Application, Mailbox, check
from step_8_homework.accounts import (
    Member,
    confirmed,
    expect_no_password,
    expect_password,
    expect_refused_token,
    expect_session_ended,
    new_password,
    reset_token,
)


@check(
    task="8.1",
    points=1,
    hints=(
        "A user resets the password several times in a row. What is left of the tokens and passwords before?",
        "Each reset ends all tokens that were made before it, of every kind.",
        "The fingerprint of the row decides: read it in find_by_claims and in confirm.",
    ),
    needs=("reset_sets_the_password",),
)
def test_resets_in_a_row(application: Application, mailbox: Mailbox, random: Random, ann: Member) -> None:
    """A user resets the password three times. Each time, all earlier tokens and passwords are refused."""
    account, sessions, spent = ann.account, [ann.tokens], []
    for _ in range(3):
        token, new = reset_token(ann, mailbox), new_password(random)
        confirmed(application, token, new)
        spent.append(token)
        expect_no_password(application, account, key="old_password_works")
        account = ann.with_password(new)
        for tokens in sessions:
            expect_session_ended(application, tokens, key="session_goes_on")
        sessions.append(expect_password(application, account, key="new_password_refused"))
        used = random.choice(spent)
        expect_refused_token(application, used, new_password(random), code="invalid_token", key="used_twice")
