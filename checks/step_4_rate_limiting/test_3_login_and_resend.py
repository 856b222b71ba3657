"""Task 4.3: login and resend."""

from random import Random

from courseware.checking import Application, Clock, File, Mailbox, Request, check
from step_4_rate_limiting.limits import (
    LIMITS_ON,
    LOG_IN,
    LOGINS,
    RESENDS,
    ROUTES,
    MovedClock,
    NewClient,
    admitted,
    login,
    refused,
    registration,
    resend,
    verified_account,
    wrong_login,
)
from users import AUTH, CONTACTS, ME, new_account, new_email

COUNTED = "each_client_has_its_own_counter"
LOGIN = f"{AUTH}/login"
BY_ADDRESS = "eleventh_login_of_a_client_is_refused"
BY_ACCOUNT = "attempts_on_one_account_count_together"
RESENT = "fourth_message_is_refused"


@check(
    task="4.3",
    points=4,
    hints=(
        "Which route would you try passwords at?",
        "One client tries one password at each of many accounts. What do all of these requests have in common?",
        'Limit("10/minute") in LIMITS["login"], and the route names limit_login in its dependencies.',
    ),
    needs=(COUNTED,),
    environment=LIMITS_ON,
)
def test_eleventh_login_of_a_client_is_refused(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A client logs in to ten accounts without success; its eleventh login is 429. Another client is not refused."""
    MovedClock(clock)
    LOG_IN.refusal(application, random, new_client())
    admitted(application, wrong_login(new_client(), new_email(random)), 401)


@check(
    task="4.3",
    points=5,
    hints=(
        "An attacker has a hundred computers and one account in mind. Which limit stops them?",
        "Ten attempts from ten addresses: no address is over its limit. What do these requests have in common?",
        'Limit("10/minute", key=account), where account is made from the form field `username`.',
    ),
    needs=(BY_ADDRESS,),
    environment=LIMITS_ON,
)
def test_attempts_on_one_account_count_together(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """Ten logins to one account from ten clients; the eleventh, with the right password, is 429. Others can log in."""
    MovedClock(clock)
    account = new_account(random)
    admitted(application, registration(random, new_client(), account), 201, key="cannot_register")
    for _ in range(LOGINS):
        admitted(application, wrong_login(new_client(), account.email), 401)
    client = new_client()
    refused(application, login(account, client), key="account_not_limited")
    admitted(application, wrong_login(client, new_email(random)), 401)


@check(
    task="4.3",
    points=3,
    hints=(
        "In how many ways can a client write the address ann@example.com?",
        "Login makes them all equal before it looks for the user. Does your counter?",
        "normalize_email of app/schemas/base.py, in limit_login.",
    ),
    needs=(BY_ACCOUNT,),
    environment=LIMITS_ON,
)
def test_account_is_the_same_in_every_spelling(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """Logins to one account count together, whether or not there is one, in capitals or not, with blanks around it."""
    MovedClock(clock)
    email = new_email(random)
    spellings = (email, email.upper(), email.title(), f" {email}", f"{email}  ")
    for number in range(LOGINS):
        admitted(application, wrong_login(new_client(), spellings[number % len(spellings)]), 401)
    before = f"{LOGINS} logins as {', '.join(map(repr, spellings))}"
    for spelling in spellings:
        refused(application, wrong_login(new_client(), spelling), key="spelling_not_limited", after=before)


@check(
    task="4.3",
    points=2,
    hints=(
        "An attacker who has an account logs in to it between two attempts. Does your counter notice?",
        "A counter that a right password sets back, or does not touch, lets attempts through.",
        "Count before the password is looked at. What comes of the login does not change the counter.",
    ),
    needs=(BY_ADDRESS,),
    environment=LIMITS_ON,
)
def test_successful_logins_count_too(
    application: Application, clock: Clock, mailbox: Mailbox, new_client: NewClient, random: Random
) -> None:
    """Right and wrong passwords in turn, ten logins in all; the eleventh is 429."""
    MovedClock(clock)
    client = new_client()
    account = verified_account(application, mailbox, random, new_client())
    for _ in range(LOGINS // 2):
        admitted(application, wrong_login(client, new_email(random)), 401)
        admitted(application, login(account, client), 200)
    refused(application, wrong_login(client, new_email(random)))


@check(
    task="4.3",
    points=1,
    hints=(
        "Your limiter reads the form before FastAPI validates it. What does a client send that wants to break it?",
        "The form may have no field `username`, and the field may be a file. What does your code do with each?",
        'str(form.get("username", "")) is a text for each form. The route then answers with 422.',
    ),
    needs=(BY_ACCOUNT,),
    environment=LIMITS_ON,
)
def test_logins_without_a_username_count(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """Ten logins without a username, or with a file in its place, are each answered with 422; the next login is 429."""
    MovedClock(clock)
    client = new_client()
    for number in range(LOGINS):
        request = without_username(client, with_file=number % 2 == 1)
        admitted(application, request, 422, key="invalid_login_not_refused")
    refused(application, wrong_login(client, new_email(random)))


@check(
    task="4.3",
    points=4,
    hints=(
        "Who pays for a message, and who has to read it?",
        "The route that sends a message again can be called for any address. How often?",
        'Limit("3/minute") in LIMITS["resend"], and the route names limit_resend in its dependencies.',
    ),
    needs=(COUNTED,),
    environment=LIMITS_ON,
)
def test_fourth_message_is_refused(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A client asks three times for another message; the fourth time is 429. Another client is not refused."""
    MovedClock(clock)
    email = new_email(random)
    client = new_client()
    for _ in range(RESENDS):
        admitted(application, resend(email, client), 202)
    refused(application, resend(email, client))
    admitted(application, resend(email, new_client()), 202)


@check(
    task="4.3",
    points=2,
    hints=(
        "A client has registered five times. May it still log in?",
        "Which parts does the key of a counter have in your application? The client alone is too little.",
        'Each route has counters of its own: count("login", ...) in the one, count("resend", ...) in the other.',
    ),
    needs=(BY_ADDRESS, RESENT),
    environment=LIMITS_ON,
)
def test_limits_count_separately(application: Application, clock: Clock, new_client: NewClient, random: Random) -> None:
    """In every order: a client that has used up one of the three limits can still use up the other two."""
    MovedClock(clock)
    for first in range(len(ROUTES)):
        client = new_client()
        for route in (*ROUTES[first:], *ROUTES[:first]):
            route.use_up(application, random, client)


@check(
    task="4.3",
    points=2,
    hints=(
        "How often does an ordinary page ask for the list of contacts?",
        "Only three routes have a limit. Do yours count anything else?",
        "No default limits and no middleware: a route without the dependency is not counted.",
    ),
    needs=(BY_ADDRESS, RESENT),
    environment=LIMITS_ON,
)
def test_nothing_else_is_limited(
    application: Application, clock: Clock, mailbox: Mailbox, new_client: NewClient, random: Random
) -> None:
    """A client calls each of some other routes 15 times in a minute, and none is answered with 429."""
    MovedClock(clock)
    client = new_client()
    account = verified_account(application, mailbox, random, new_client())
    tokens = admitted(application, login(account, client), 200)
    token = tokens.token("access_token", key="cannot_log_in")
    for _ in range(15):
        for path in (ME, CONTACTS):
            admitted(application, Request("GET", path, token=token, client=client), 200)
        admitted(application, Request("GET", f"{AUTH}/verify/nonsense", client=client), 400)
        bad = Request("POST", f"{AUTH}/refresh", json={"refresh_token": "nonsense"}, client=client)
        admitted(application, bad, 401)
        admitted(application, Request("GET", "/api/v1/health", client=client), 200)


def without_username(client: str, *, with_file: bool) -> Request:
    """A login whose form has no field `username`, or a file in it."""
    if with_file:
        return Request("POST", LOGIN, files={"username": File(b"", name="username.txt")}, client=client)
    return Request("POST", LOGIN, form={"password": "a long password"}, client=client)
