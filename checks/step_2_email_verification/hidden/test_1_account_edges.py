"""Task 2.1 more closely: what the owner of an account gets to see of it, and what nobody does."""

from collections.abc import Mapping
from random import Random

from courseware.checking import Application, check, expect
from step_2_email_verification.unverified import unverified_user
from users import me, new_account


@check(
    task="2.1",
    points=1,
    hints=(
        "Where else does somebody get to see their account?",
        "The same schema describes the user in every answer, so that nothing is told in one place alone.",
        "GET /users/me answers with UserRead too, and UserRead has is_verified.",
    ),
    needs=("new_account_is_not_verified",),
)
def test_me_shows_an_unverified_account(
    application: Application, environment: Mapping[str, str], random: Random
) -> None:
    """GET /users/me shows whoever has not followed the link yet that is_verified is false."""
    user = unverified_user(application, environment, random)
    answer = me(application, user.token).expect_status(200, 401, key="me_is_closed")
    if answer.status == 200:  # else the application takes no tokens but those that it has made
        answer.expect_value("is_verified", equals=False, key="not_unverified")


@check(
    task="2.1",
    points=1,
    hints=(
        "Is there a column that is nobody's business?",
        "A schema of what goes out names what may be seen; a row has more than that.",
        "Let the route have response_model=UserRead, which has neither the password nor its hash.",
    ),
    needs=("new_account_is_not_verified",),
)
def test_registration_shows_no_hash(application: Application, random: Random) -> None:
    """The answer to POST /auth/register holds neither the password nor the hash of it."""
    account = new_account(random)
    answer = application.send(account.registration).expect_status(201, key="cannot_register")
    text = str(answer.json)
    for secret in (account.password, "$2a$", "$2b$", "$2y$", "argon2"):
        asked = str(answer.request)
        expect(secret not in text, "password_shown", asked=asked, expected="an answer without it", got=text)
    names = [name for name in answer.typed(dict) if "password" in name.lower()]
    expect(not names, "password_shown", asked=str(answer.request), expected="no such field", got=", ".join(names))
