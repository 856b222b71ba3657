"""Task 2.1 more closely: what the owner of an account gets to see of it, and what nobody does."""

from collections.abc import Mapping
from random import Random

from courseware.checking import Application, check
from step_2_email_verification.unverified import unverified_user
from users import me


@check(
    task="2.1",
    points=1,
    hints=(
        "Which other endpoint returns the user's account?",
        "Use the same schema for the user in every answer.",
        "GET /users/me answers with UserRead too, and UserRead has is_verified.",
    ),
    needs=("new_account_is_not_verified",),
)
def test_me_shows_an_unverified_account(
    application: Application, environment: Mapping[str, str], random: Random
) -> None:
    """GET /users/me shows is_verified false to a user who has not followed the link yet."""
    user = unverified_user(application, environment, random)
    answer = me(application, user.token).expect_status(200, 401, key="me_is_closed")
    if answer.status == 200:  # else the application takes no tokens but those that it has made
        answer.expect_value("is_verified", equals=False, key="not_unverified")
