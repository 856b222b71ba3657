"""Task 4.5 with other data."""

from random import Random

from courseware.checking import Application, Clock, check
from step_4_rate_limiting.limits import (
    LIMITS_ON,
    LOG_IN,
    LOGINS,
    RESENDS,
    MovedClock,
    NewClient,
    admitted,
    login,
    refused,
    registration,
    resend,
    wrong_login,
)
from users import new_account


@check(
    task="4.5",
    points=1,
    hints=(
        "Which of your counters are in Redis?",
        "A limit per account, and the one for messages, are worth as little per process as the one for registrations.",
        "One set of counters in Redis for all routes: Counters makes them from LIMITS.",
    ),
    needs=("attempts_on_one_account_count_together", "fourth_message_is_refused"),
    environment=LIMITS_ON,
)
def test_processes_share_the_other_counters(
    application: Application, second_application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """Two processes in turn get the logins of a client, the logins to an account, and the requests for a message."""
    MovedClock(clock)
    processes = (application, second_application)
    client, sender, account = new_client(), new_client(), new_account(random)
    admitted(application, registration(random, new_client(), account), 201, key="cannot_register")
    for number in range(LOGINS):
        admitted(processes[number % 2], LOG_IN.request(random, client), 401)
        admitted(processes[number % 2], wrong_login(new_client(), account.email), 401)
    for number in range(RESENDS):
        admitted(processes[number % 2], resend(account.email, sender), 202)
    for process in processes:
        refused(process, LOG_IN.request(random, client), key="not_shared")
        refused(process, login(account, new_client()), key="not_shared")
        refused(process, resend(account.email, sender), key="not_shared")
