"""Task 4.5: one counter for all processes."""

from random import Random

from courseware.checking import Application, Clock, FaultMode, Redis, Request, check, expect, wait_until
from step_4_rate_limiting.limits import (
    LIMITS_BY_DEFAULT,
    LIMITS_ON,
    REDIS_SOON_GIVEN_UP,
    REGISTER,
    REGISTRATIONS,
    RESEND,
    RESENDS,
    MovedClock,
    NewClient,
    admitted,
    refused,
    registration,
)

SHARED = "processes_share_one_counter"
MESSAGES = "fourth_message_is_refused"
LONGEST_KEPT = 3600
"""Seconds."""
AT_ONCE = 4 * RESENDS
MOST_COMMANDS = 8
"""After how many commands of a registration Redis is stalled, at most."""
REACHED_WITHIN = 2
"""Seconds in which a request has sent the command at which Redis stalls."""
HEALTH = Request("GET", "/api/v1/health")


@check(
    task="4.5",
    points=5,
    hints=(
        "Your server has four workers. How many attempts does a client really have?",
        "A process cannot see the memory of another one. What can all of them see?",
        "A second Counters(storage_uri=settings.redis_url, ...), which counts as long as Redis is available.",
    ),
    needs=("each_client_has_its_own_counter",),
    environment=LIMITS_ON,
)
def test_processes_share_one_counter(
    application: Application, second_application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """Two processes get three and two registrations of a client; both answer its next one with 429."""
    MovedClock(clock)
    client = new_client()
    for _ in range(3):
        admitted(application, registration(random, client), 201)
    for _ in range(REGISTRATIONS - 3):
        admitted(second_application, registration(random, client), 201)
    refused(second_application, registration(random, client), key="not_shared")
    refused(application, registration(random, client), key="not_shared")


@check(
    task="4.5",
    points=2,
    hints=(
        "Twelve requests arrive at the same moment. How many of them find the counter at zero?",
        "Between reading a counter and writing it, other requests read it too. Redis can do both in one command.",
        "INCR adds and answers the new value. Compare that value with the limit, not one that you read before.",
    ),
    needs=(SHARED, MESSAGES),
    environment=LIMITS_ON,
)
def test_requests_at_once_stay_within_the_limit(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """Twelve requests for a message arrive at once: three are answered with 202, the others with 429."""
    MovedClock(clock)
    client = new_client()
    answers = application.send_at_once([RESEND.request(random, client) for _ in range(AT_ONCE)])
    found = sorted(answer.status for answer in answers)
    expected = [RESEND.status] * RESENDS + [429] * (AT_ONCE - RESENDS)
    asked = f"{AT_ONCE} times {answers[0].request} at once"
    expect(found == expected, "wrong_number_admitted", asked=asked, expected=expected, got=found)


@check(
    task="4.5",
    points=2,
    hints=(
        "A million clients have been counted. How much does Redis hold a day later?",
        "A key can have an expiry. A counter needs one, and from its first request on.",
        "SlowAPI sets the expiry itself. With INCR of your own, set it in the same transaction or script.",
    ),
    needs=(SHARED,),
    environment=LIMITS_ON,
)
def test_counters_expire(
    application: Application, clock: Clock, redis: Redis, new_client: NewClient, random: Random
) -> None:
    """After registrations there is a counter in Redis, and each key that was written expires within an hour."""
    MovedClock(clock)
    asked = f"{REGISTRATIONS} registrations"
    REGISTER.use_up(application, random, new_client())
    names = redis.keys()
    expect(bool(names), "not_in_redis", asked=asked, expected="a counter in Redis", got="no key")
    for name in names:
        left = redis.ttl(name, asked=asked)
        got = f"{name} never expires" if left is None else f"{name} expires in {left:.0f} s"
        expected = "keys that expire within an hour"
        expect(left is not None and left <= LONGEST_KEPT, "never_expires", asked=asked, expected=expected, got=got)


@check(
    task="4.5",
    points=3,
    hints=(
        "Redis is restarted. What do users see who register in this minute?",
        "Neither an error nor an open door: there is a second place where a process can count.",
        "After except (RedisUnavailable, RedisError), call self._local.count(route, request).",
    ),
    needs=(SHARED,),
    environment=REDIS_SOON_GIVEN_UP,
)
def test_counting_goes_on_without_redis(
    application: Application, redis: Redis, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """While Redis refuses connections, five registrations succeed and the sixth is 429. Then Redis is used again."""
    MovedClock(clock)
    for mode in (FaultMode.REFUSES, FaultMode.DROPS):
        redis.set_fault(mode)
        client = new_client()
        for _ in range(REGISTRATIONS):
            admitted(application, registration(random, client), 201, key="fails_without_redis")
        refused(application, registration(random, client), key="not_limited_without_redis")
    redis.wait_until_used(lambda: application.send(registration(random, new_client())), asked="registrations")


@check(
    task="4.5",
    points=2,
    hints=(
        "Redis takes the command and does not answer. How long does your user wait?",
        "By default the client library waits for seconds, and tries again ten times.",
        "socket_timeout, socket_connect_timeout and retry in storage_options, and RedisClient.run before each count.",
    ),
    needs=("counting_goes_on_without_redis",),
    environment=REDIS_SOON_GIVEN_UP,
)
def test_stalled_redis_is_given_up(
    application: Application, redis: Redis, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """While Redis does not answer, a registration is answered within 10 seconds, and the sixth is 429."""
    MovedClock(clock)
    redis.set_fault(FaultMode.STALLS)
    client = new_client()
    for _ in range(REGISTRATIONS):
        admitted(application, registration(random, client), 201, key="fails_without_redis")
    refused(application, registration(random, client), key="not_limited_without_redis")
    redis.wait_until_used(lambda: application.send(registration(random, new_client())), asked="registrations")


@check(
    task="4.5",
    points=1,
    hints=(
        "One request waits for Redis. What do the others do meanwhile?",
        "SlowAPI's client for Redis blocks the thread in which it runs. Which thread is that?",
        "await run_in_threadpool(self._shared.count, route, request), after the ping of the asynchronous client.",
    ),
    needs=("limits_are_on_by_default", SHARED),
    environment=LIMITS_BY_DEFAULT,
)
def test_waiting_for_redis_holds_up_nobody(
    application: Application, redis: Redis, new_client: NewClient, random: Random
) -> None:
    """While a registration waits for any of its commands to Redis, GET /health is answered."""
    admitted(application, registration(random, new_client()), 201)  # opens the connections to Redis
    before = redis.commands
    admitted(application, registration(random, new_client()), 201)
    commands = redis.commands - before
    expect(commands > 0, "not_in_redis", asked="a registration", expected="a command to Redis", got="none")
    for answered in range(min(commands, MOST_COMMANDS)):
        expect_health_meanwhile(application, redis, registration(random, new_client()), answered)


def expect_health_meanwhile(application: Application, redis: Redis, request: Request, answered: int) -> None:
    """Fails the check unless /health is answered while Redis has answered so many commands of the request, no more.

    A request that sends fewer commands than the one before it does not wait at all.
    """
    before = redis.commands
    redis.set_fault(FaultMode.STALLS, after=answered)
    with application.sending(request) as waiting:
        is_stalled = wait_until(lambda: redis.commands > before + answered, REACHED_WITHIN)
        with application.sending(HEALTH) as health:
            expect(
                not is_stalled or health.is_answered_before(waiting),
                "holds_up_others",
                asked=f"{HEALTH} while {request} waits for the answer to its command {answered + 1} to Redis",
                expected="an answer before the other one",
                got="none",
            )
        redis.set_fault(FaultMode.NONE)
        waiting.answer()
