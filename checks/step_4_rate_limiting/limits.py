"""What the checks of rate limits share: the requests that are limited, and a clock that they move."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from courseware.checking import Answer, Application, Clock, Mailbox, Request
from users import AUTH, Account, following, link_in, new_account, new_email

LIMITS_ON = {"RATE_LIMIT_ENABLED": "true"}
LIMITS_BY_DEFAULT = {"RATE_LIMIT_ENABLED": None, "REDIS_TIMEOUT": "60"}
"""With a timeout in which a client that waits for Redis in the event loop is noticed."""
REDIS_SOON_GIVEN_UP = {**LIMITS_ON, "REDIS_TIMEOUT": "0.2"}
"""For checks in which Redis does not answer. The usual timeout is long, because a busy machine is no outage."""
REGISTRATIONS, LOGINS, RESENDS = 5, 10, 3
"""How many requests a client may send in a minute."""
WINDOW = 60
"""Seconds."""
PROXY = "127.0.0.1"
"""The proxy that uvicorn trusts unless FORWARDED_ALLOW_IPS names others."""
RETRY_AFTER = "Retry-After"
ROUNDING = 0.6
"""Seconds by which Retry-After may be too short: Redis rounds the time to live of a key to the nearest second."""

NewClient = Callable[[], str]


class MovedClock:
    """The application's clock, put to the beginning of the next minute, from where it runs on.

    All requests of a check then fall into one minute, whether windows begin with a full minute or with a request.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._put(datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1))

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass for the application and for Redis."""
        passed = time.monotonic() - self._since
        self._put(self._moment + timedelta(seconds=passed + seconds))

    def _put(self, moment: datetime) -> None:
        self._moment, self._since = moment, time.monotonic()
        self._clock.move(moment)


def registration(random: Random, client: str, account: Account | None = None) -> Request:
    """The request that registers an account, by default a new one."""
    return replace((account or new_account(random)).registration, client=client)


def wrong_login(client: str, email: str) -> Request:
    """A login with a password that is not the one of this account, if there is one."""
    return login(Account(email, "not the password"), client)


def login(account: Account, client: str) -> Request:
    return replace(account.login, client=client)


def resend(email: str, client: str) -> Request:
    return Request("POST", f"{AUTH}/resend-verification", json={"email": email}, client=client)


@dataclass(frozen=True)
class Route:
    """A limited route: how many requests it admits in a minute, and one that it answers with `status`."""

    limit: int
    status: int
    request: Callable[[Random, str], Request]

    def use_up(self, application: Application, random: Random, client: str) -> list[Answer]:
        """The answers to as many requests of this client as are admitted. Fails the check where one is refused."""
        requests = [self.request(random, client) for _ in range(self.limit)]
        return [admitted(application, request, self.status) for request in requests]

    def refusal(self, application: Application, random: Random, client: str) -> Answer:
        """The answer to the first request above the limit. Fails the check unless it is 429."""
        self.use_up(application, random, client)
        return refused(application, self.request(random, client))


REGISTER = Route(REGISTRATIONS, 201, registration)
LOG_IN = Route(LOGINS, 401, lambda random, client: wrong_login(client, new_email(random)))
RESEND = Route(RESENDS, 202, lambda random, client: resend(new_email(random), client))
ROUTES = (REGISTER, LOG_IN, RESEND)


def admitted(
    application: Application, request: Request, status: int, *, key: str = "limited_too_early", after: str = ""
) -> Answer:
    """The answer to a request that is within its limit, which must have this status. `after` says what went before."""
    return _answer_with(application, request, status, key, after)


def refused(application: Application, request: Request, *, key: str = "not_limited", after: str = "") -> Answer:
    """The answer to a request that is above its limit, which must be 429. `after` says what went before."""
    return _answer_with(application, request, 429, key, after)


def _answer_with(application: Application, request: Request, status: int, key: str, after: str) -> Answer:
    """The answer, which must have this status. Otherwise the failure also shows the headers of the request."""
    answer = application.send(request)
    if answer.status == status:
        return answer
    failure = answer.failed(key, f"{status} after {after}" if after else str(status), str(answer))
    headers = ", ".join(f"{name}: {value}" for name, value in request.headers.items())
    if headers:
        failure.asked += f" with {headers}"
    raise failure


def verified_account(application: Application, mailbox: Mailbox, random: Random, client: str) -> Account:
    """An account whose address is verified, registered from this client."""
    account = new_account(random)
    admitted(application, registration(random, client, account), 201, key="cannot_register")
    link = link_in(mailbox.wait_for(account.email))
    application.send(following(link)).expect_status(200, key="link_does_not_work")
    return account


def through_proxy(request: Request, *addresses: str) -> Request:
    """The request as a proxy forwards it, which appends the last of these addresses."""
    return replace(request, headers={"X-Forwarded-For": ", ".join(addresses)})


def seconds_to_wait(answer: Answer) -> int:
    """What Retry-After says. Fails the check unless it is a whole number of seconds within the window."""
    text = answer.expect_header(RETRY_AFTER, key="no_retry_after")
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= WINDOW):
        expected = f"{RETRY_AFTER} to be a whole number from 1 to {WINDOW}"
        raise answer.failed("wrong_retry_after", expected, f"{RETRY_AFTER}: {text[:100]}")
    return int(text)
