"""Task 4.1 with other data."""

from random import Random

from courseware.checking import Application, Clock, check
from step_4_rate_limiting.limits import (
    LIMITS_ON,
    REGISTRATIONS,
    WINDOW,
    MovedClock,
    NewClient,
    admitted,
    refused,
    registration,
)
from users import new_account


@check(
    task="4.1",
    points=1,
    hints=(
        "Send the same registration again and again. How often is it answered with 409?",
        "An address that is taken is no reason to count differently.",
        "Count before the handler runs: what it raises later does not change the counter.",
    ),
    needs=("client_is_admitted_again_later",),
    environment=LIMITS_ON,
)
def test_repeated_registrations_count(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A client registers the same address five times; then a new one is refused, until two minutes have passed."""
    moved, client, account = MovedClock(clock), new_client(), new_account(random)
    admitted(application, registration(random, client, account), 201)
    for _ in range(REGISTRATIONS - 1):
        admitted(application, registration(random, client, account), 409)
    refused(application, registration(random, client))
    moved.wait(2 * WINDOW + 1)
    admitted(application, registration(random, client), 201)
