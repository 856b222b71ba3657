"""Task 4.4: an answer that helps the client."""

from random import Random

from courseware.checking import Application, Clock, Mailbox, check, expect
from errors import expect_error
from step_4_rate_limiting.limits import (
    LIMITS_ON,
    REGISTER,
    RESEND,
    RETRY_AFTER,
    ROUNDING,
    ROUTES,
    WINDOW,
    MovedClock,
    NewClient,
    admitted,
    refused,
    registration,
    resend,
    seconds_to_wait,
)
from users import new_account

ALL_LIMITS = ("eleventh_login_of_a_client_is_refused", "fourth_message_is_refused")
SAYS_WHEN = "refusal_says_when_to_come_back"
PARTS_OF_A_SECOND = 10


@check(
    task="4.4",
    points=4,
    hints=(
        "A program reads the code of an error. Which code has yours?",
        "SlowAPI raises an HTTPException of its own. Where can you raise an error of the application in its place?",
        'In Counters.count: except RateLimitExceeded, then raise TooManyRequests("rate_limited", ..., wait).',
    ),
    needs=ALL_LIMITS,
    environment=LIMITS_ON,
)
def test_refusal_has_the_one_shape(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A 429 of each of the three routes has a detail and the code rate_limited."""
    MovedClock(clock)
    for route in ROUTES:
        answer = route.refusal(application, random, new_client())
        expect_error(answer, 429, code="rate_limited", key="not_limited")


@check(
    task="4.4",
    points=4,
    hints=(
        "The client wants to know when to come back. Where does it look?",
        "HTTP has a header for that, in seconds: a whole number, which is never zero and never more than the window.",
        "Round up what is left until the end of the window: max(1, math.ceil(reset_time - time.time())).",
    ),
    needs=ALL_LIMITS,
    environment=LIMITS_ON,
)
def test_refusal_says_when_to_come_back(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A 429 of each of the three routes has a Retry-After header with a whole number of seconds from 1 to 60."""
    moved = MovedClock(clock)
    for route in ROUTES:
        client = new_client()
        seconds_to_wait(route.refusal(application, random, client))
        moved.wait(WINDOW - 10)
        answer = application.send(route.request(random, client))
        if answer.status == 429:
            seconds_to_wait(answer)


@check(
    task="4.4",
    points=2,
    hints=(
        "A client waits as long as it was told, and is refused again. What does it do next time?",
        "Ask for the end of the window of the limit that was exceeded. Has a second limit another one?",
        "Subtract the time now from reset_time, and round up: int() rounds down, and the window is not over yet then.",
    ),
    needs=(SAYS_WHEN,),
    environment=LIMITS_ON,
)
def test_client_that_waits_is_served(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A client is refused 20 seconds after its first request, waits for the seconds in Retry-After, and is served."""
    moved = MovedClock(clock)
    # What is left of a window has each fraction of a second once: rounded down, one of these waits is too short.
    waits = [(REGISTER, 20.0), *((RESEND, 20 + part / PARTS_OF_A_SECOND) for part in range(PARTS_OF_A_SECOND))]
    for route, seconds in waits:
        client = new_client()
        route.use_up(application, random, client)
        moved.wait(seconds)
        wait = seconds_to_wait(refused(application, route.request(random, client)))
        moved.wait(wait + ROUNDING)
        waited = f"{wait} s, as {RETRY_AFTER} said"
        admitted(application, route.request(random, client), route.status, key="waited_in_vain", after=waited)


@check(
    task="4.4",
    points=1,
    hints=(
        "What does a client do with a Retry-After in an answer that is no refusal?",
        "SlowAPI can write the header into every answer. Does yours come from there?",
        "Leave headers_enabled off, and give the header to TooManyRequests alone.",
    ),
    needs=(SAYS_WHEN,),
    environment=LIMITS_ON,
)
def test_served_request_has_no_retry_after(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """An answer to a request within its limit has no Retry-After header, whatever its status is."""
    MovedClock(clock)
    for route in ROUTES:
        for answer in route.use_up(application, random, new_client()):
            if RETRY_AFTER.lower() in answer.headers:
                raise answer.failed("retry_after_in_vain", f"no {RETRY_AFTER}", f"{answer.status} with one")


@check(
    task="4.4",
    points=2,
    hints=(
        "A registration is refused with 429. Is the account there all the same?",
        "What runs before the request is counted? Nothing may be stored or sent by then.",
        "Count in `dependencies` of the route, which run before its own parameters and its body.",
    ),
    needs=ALL_LIMITS,
    environment=LIMITS_ON,
)
def test_refused_request_has_no_effect(
    application: Application, clock: Clock, mailbox: Mailbox, new_client: NewClient, random: Random
) -> None:
    """A registration that was refused stores no account, and a refused request for a message sends none."""
    MovedClock(clock)
    account, client = new_account(random), new_client()
    REGISTER.use_up(application, random, client)
    refused(application, registration(random, client, account))
    admitted(application, registration(random, new_client(), account), 201, key="refused_account_stored")
    mailbox.wait_for(account.email)
    client = new_client()
    RESEND.use_up(application, random, client)
    refused(application, resend(account.email, client))
    admitted(application, resend(account.email, new_client()), 202)
    mailbox.wait_for(account.email, after=1)
    count = len(mailbox.messages_to(account.email))
    asked = f"the messages to {account.email}"
    expect(count == 2, "refused_message_sent", asked=asked, expected="2 messages", got=f"{count}")
