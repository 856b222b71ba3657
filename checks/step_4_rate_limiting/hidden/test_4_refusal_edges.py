"""Task 4.4 with other data."""

from random import Random

from courseware.checking import Application, Clock, check
from errors import expect_error
from step_4_rate_limiting.limits import (
    LIMITS_ON,
    LOGINS,
    MovedClock,
    NewClient,
    admitted,
    refused,
    seconds_to_wait,
    wrong_login,
)
from users import new_email


@check(
    task="4.4",
    points=1,
    hints=(
        "Login has two limits. Does each of them end in the same answer?",
        "The limit that was exceeded is the one whose window the client has to wait for.",
        "request.state.view_rate_limit names the limit that was looked at last, which is the one that was exceeded.",
    ),
    needs=("attempts_on_one_account_count_together", "refusal_says_when_to_come_back"),
    environment=LIMITS_ON,
)
def test_refusal_for_an_account_is_the_same(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A login that is refused for its account has the code and the Retry-After too, and waiting helps."""
    moved, email = MovedClock(clock), new_email(random)
    for _ in range(LOGINS):
        admitted(application, wrong_login(new_client(), email), 401)
    moved.wait(33)
    answer = refused(application, wrong_login(new_client(), email))
    expect_error(answer, 429, code="rate_limited", key="not_limited")
    moved.wait(seconds_to_wait(answer) + 2)  # a visible check judges how it is rounded
    admitted(application, wrong_login(new_client(), email), 401, key="waited_in_vain")
