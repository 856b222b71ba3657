"""Task 4.3 with other data."""

from random import Random

from courseware.checking import Application, Clock, check
from step_4_rate_limiting.limits import (
    LIMITS_ON,
    LOGINS,
    MovedClock,
    NewClient,
    admitted,
    login,
    refused,
    registration,
    wrong_login,
)
from users import new_account


@check(
    task="4.3",
    points=1,
    hints=(
        "Write one address in ten ways, and send it from ten places.",
        "What is the same account for the login has to be the same account for the counter.",
        "Bring the text of the field into its one form first, and make the key from that.",
    ),
    needs=("attempts_on_one_account_count_together",),
    environment=LIMITS_ON,
)
def test_account_with_capitals_is_counted_once(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """Ten logins to an account, each in other capitals; the eleventh, with the right password, is refused."""
    MovedClock(clock)
    account = new_account(random)
    admitted(application, registration(random, new_client(), account), 201, key="cannot_register")
    spellings = [
        account.email[:number].upper() + account.email[number:] + " " * (number % 3) for number in range(LOGINS)
    ]
    for spelling in spellings:
        admitted(application, wrong_login(new_client(), spelling), 401)
    before = f"logins as {', '.join(map(repr, spellings))}"
    refused(application, login(account, new_client()), key="spelling_not_limited", after=before)
