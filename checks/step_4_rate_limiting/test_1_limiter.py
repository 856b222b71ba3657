"""Task 4.1: a limiter and its switch."""

from random import Random

from courseware.checking import Application, Clock, Request, check
from step_4_rate_limiting.limits import (
    LIMITS_BY_DEFAULT,
    LIMITS_ON,
    REGISTER,
    REGISTRATIONS,
    ROUTES,
    WINDOW,
    MovedClock,
    NewClient,
    admitted,
    refused,
    registration,
)
from users import AUTH, new_email

LIMITED = "sixth_registration_is_refused"
COUNTED = "each_client_has_its_own_counter"


@check(
    task="4.1",
    points=5,
    hints=(
        "If the response is 500, it names your exception and its line. Otherwise: which code counts a registration?",
        "The route, the function in app/api/limits.py and LIMITS belong together. Which of the three knows the limit?",
        'dependencies=[Depends(limit_registration)] in the route, await limits.count("register", request) in that '
        'function, and "register": [Limit("5/minute")] in LIMITS.',
    ),
    environment=LIMITS_ON,
)
def test_sixth_registration_is_refused(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A client registers five accounts within a minute; its sixth registration is answered with 429."""
    MovedClock(clock)
    REGISTER.refusal(application, random, new_client())


@check(
    task="4.1",
    points=3,
    hints=(
        "One client has used up the limit. Can another client still register?",
        "Requests are counted by a key. Which requests have the same one in your application?",
        "Count by client_address, which asks SlowAPI's get_remote_address.",
    ),
    needs=(LIMITED,),
    environment=LIMITS_ON,
)
def test_each_client_has_its_own_counter(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """While one client is refused, another client can register."""
    MovedClock(clock)
    for _ in range(2):
        REGISTER.refusal(application, random, new_client())
    admitted(application, registration(random, new_client()), 201)


@check(
    task="4.1",
    points=3,
    hints=(
        "For how long is a client refused?",
        "A limit is a number of requests and a time. Which time does yours have?",
        'The rate is "5/minute": five requests in each window of 60 seconds.',
    ),
    needs=(COUNTED,),
    environment=LIMITS_ON,
)
def test_client_is_admitted_again_later(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """Two minutes after its last request a client that was refused can register again, five times."""
    moved, client = MovedClock(clock), new_client()
    REGISTER.refusal(application, random, client)
    moved.wait(2 * WINDOW + 1)
    REGISTER.use_up(application, random, client)


@check(
    task="4.1",
    points=2,
    hints=(
        "Does a registration count that is refused with 422?",
        "Find out what runs first for a request: your dependency, or the validation of its body.",
        "A dependency without parameters from the body runs whether or not the body is valid. Count there.",
    ),
    needs=(COUNTED,),
    environment=LIMITS_ON,
)
def test_refused_registrations_count(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """Registrations that are refused with 422 count too: after five of them a valid one is answered with 429."""
    MovedClock(clock)
    client = new_client()
    for number in range(REGISTRATIONS):
        invalid = {"email": new_email(random), "password": "x" * number}
        admitted(application, Request("POST", f"{AUTH}/register", json=invalid, client=client), 422)
    refused(application, registration(random, client))


@check(
    task="4.1",
    points=4,
    hints=(
        "All tests of a project come from one address. How many of them can log in in a minute?",
        "Follow RATE_LIMIT_ENABLED from the environment to the place where a request is counted.",
        "RateLimits remembers settings.rate_limit_enabled, and count returns at once where it is false.",
    ),
    needs=(COUNTED,),
)
def test_limits_can_be_switched_off(application: Application, new_client: NewClient, random: Random) -> None:
    """With RATE_LIMIT_ENABLED=false a client is never refused, however often it registers, logs in or asks again."""
    client = new_client()
    for route in ROUTES:
        for _ in range(2):
            route.use_up(application, random, client)


@check(
    task="4.1",
    points=2,
    hints=(
        "A server starts without the variable RATE_LIMIT_ENABLED. Are the limits on or off?",
        "A setting that protects is on unless a person switches it off.",
        "The field is rate_limit_enabled: bool, and its default is True.",
    ),
    needs=(COUNTED,),
    environment=LIMITS_BY_DEFAULT,
)
def test_limits_are_on_by_default(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """Without the variable RATE_LIMIT_ENABLED the sixth registration is answered with 429."""
    MovedClock(clock)
    REGISTER.refusal(application, random, new_client())
