"""Task 2.3: the edges."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from courseware.checking import Application, CheckFailed, Clock, Mailbox, Request, check
from errors import expect_error
from step_2_email_verification.tokens import claims_in, signed
from step_2_email_verification.unverified import access_claims
from step_2_email_verification.verification import Newcomer, expect_refused, follow, follow_token, log_in, register
from users import AUTH, CONTACTS, ME, Account, me, new_email

VERIFIED = ("link_verifies_the_address",)
MOMENT = timedelta(minutes=2)


@check(
    task="2.3",
    points=1,
    hints=(
        "Which fact does a user prove by following the link?",
        "The user reads the mail of ONE address. This proves nothing about another address of the account.",
        "Compare the address in the token with user.email, and refuse the link where they differ.",
    ),
    needs=VERIFIED,
)
def test_token_is_for_one_address(
    application: Application, mailbox: Mailbox, environment: Mapping[str, str], random: Random
) -> None:
    """A token does not verify an account whose address has changed since the token was made."""
    newcomer, key = register(application, mailbox, random), environment["EMAIL_TOKEN_SECRET"]
    for address in (register(application, mailbox, random).account.email, new_email(random)):
        claims = {**claims_in(newcomer.token, key).typed(dict), address_claim(newcomer, key): address}
        expect_refused(follow_token(application, signed(claims, key)), "invalid_token", key="other_address_verified")


@check(
    task="2.3",
    points=1,
    hints=(
        "The token contains a user and an address. Which of them does your code check?",
        "Check both: the address must be the one of this user.",
        "Find the user by sub, and let `user is None or user.email != claims.email` refuse the link.",
    ),
    needs=VERIFIED,
)
def test_token_is_for_one_user(
    application: Application, mailbox: Mailbox, environment: Mapping[str, str], random: Random
) -> None:
    """A token with another user, or with a user who does not exist, answers 400 invalid_token."""
    newcomer, other = (register(application, mailbox, random) for _ in range(2))
    key = environment["EMAIL_TOKEN_SECRET"]
    for user in (str(other.id), "999999999", "somebody"):
        claims = {**claims_in(newcomer.token, key).typed(dict), "sub": user}
        expect_refused(follow_token(application, signed(claims, key)), "invalid_token", key="other_user_verified")


@check(
    task="2.3",
    points=0.5,
    hints=(
        "A valid signature proves which key signed the token. What does it not prove?",
        "Require the algorithm, the purpose and every claim when you decode the token.",
        'jwt.decode(token, key, ["HS256"], options={"require": [...]}), and then compare the purpose.',
    ),
    needs=VERIFIED,
)
def test_token_must_be_whole(
    application: Application, mailbox: Mailbox, environment: Mapping[str, str], random: Random
) -> None:
    """A token without signature, without expiry, with another algorithm or purpose verifies no user."""
    token, key = register(application, mailbox, random).token, environment["EMAIL_TOKEN_SECRET"]
    claims = claims_in(token, key).typed(dict)
    endless = {name: value for name, value in claims.items() if name != "exp"}
    forged = [
        signed(claims, "", "none"),
        signed(claims, key, "HS384"),
        signed(endless, key),
        signed({**claims, "purpose": "access"}, key),
        signed(claims, environment["JWT_SECRET_KEY"]),
    ]
    for token in forged:
        answer = follow_token(application, token)
        expect_refused(answer, "invalid_token", "wrong_purpose", key="forged_token_accepted")


@check(
    task="2.3",
    points=0.5,
    hints=(
        "Is Ann@Example.com another person than ann@example.com?",
        "The address in the token and the stored address must be written in the same way.",
        "Put user.email into the token, as it is stored, and not the text of the request.",
    ),
    needs=VERIFIED,
)
def test_capital_letters_are_no_obstacle(application: Application, mailbox: Mailbox, random: Random) -> None:
    """A user who registers in capital letters gets a message, and its link verifies the address in lower case."""
    account = Account(new_email(random).upper(), "Пароль великими")
    answer = application.send(account.registration).expect_status(201, key="cannot_register")
    answer.expect_value("email", equals=account.email.lower(), key="email_not_lower_case")
    newcomer = Newcomer(account, answer.identifier("id"), mailbox.wait_for(account.email))
    follow(application, newcomer.link).expect_status(200, key="link_refused")
    for email in (account.email, account.email.lower()):
        token = log_in(application, Account(email, account.password))["access_token"]
        me(application, token).expect_value("is_verified", equals=True, key="still_unverified")


def address_claim(newcomer: Newcomer, key: str) -> str:
    """The name of the claim in which the token says the address. Fails the check where there is none."""
    for name, value in claims_in(newcomer.token, key).typed(dict).items():
        if value == newcomer.account.email:
            return name
    raise CheckFailed(
        "address_not_in_token", asked="the token in the link", expected="a claim with the address", got="none"
    )


@check(
    task="2.3",
    points=1,
    hints=(
        "Two users have registered, and one of them follows the link. Is the other one verified?",
        "An UPDATE without WHERE changes every row of the table.",
        "Change the one user whom the token names: user.is_verified = True, then commit.",
    ),
    needs=VERIFIED,
)
def test_link_verifies_nobody_else(
    application: Application, mailbox: Mailbox, environment: Mapping[str, str], random: Random
) -> None:
    """Following a link leaves every other account as it was: not verified, and able to follow its own link."""
    bystander, newcomer = (register(application, mailbox, random) for _ in range(2))
    follow(application, newcomer.link).expect_status(200, key="link_refused")
    token = signed(access_claims(bystander.id, random), environment["JWT_SECRET_KEY"])
    answer = me(application, token).expect_status(200, 401, key="me_is_closed")
    if answer.status == 200:  # else the application takes no tokens but those that it has made
        answer.expect_value("is_verified", equals=False, key="other_user_verified")
    login = application.send(bystander.account.login).expect_status(200, 403, key="cannot_log_in")
    if login.status == 200:  # until task 2.5
        own = me(application, login.token("access_token", key="cannot_log_in"))
        own.expect_value("is_verified", equals=False, key="other_user_verified")
    follow(application, bystander.link).expect_status(200, key="link_refused")


@check(
    task="2.3",
    points=1,
    hints=(
        "A login returns two tokens. Send each of them to the endpoint of the other one.",
        "A refresh token is valid for a week. An access token must be valid for half an hour only.",
        "find_by_token(session, token, Purpose.ACCESS) in get_current_user, and Purpose.REFRESH in refresh.",
    ),
    needs=VERIFIED,
)
def test_kinds_of_tokens_stay_apart(application: Application, mailbox: Mailbox, random: Random) -> None:
    """A refresh token answers 401 as a bearer token, and an access token answers 401 at POST /auth/refresh."""
    newcomer = register(application, mailbox, random)
    follow(application, newcomer.link).expect_status(200, key="link_refused")
    tokens = log_in(application, newcomer.account)
    for path in (ME, CONTACTS):
        wrong = Request("GET", path, token=tokens["refresh_token"])
        expect_error(application.send(wrong), 401, key="refresh_token_opens_doors")
        application.send(replace(wrong, token=tokens["access_token"])).expect_status(200, key="access_token_refused")
    refresh = Request("POST", f"{AUTH}/refresh", json={"refresh_token": tokens["access_token"]})
    expect_error(application.send(refresh), 401, key="access_token_is_refreshed")


@check(
    task="2.3",
    points=1,
    hints=(
        "For how long is each of the three kinds of tokens valid, and for how long were two of them valid before?",
        "Each kind has its own lifetime. A new kind must not change the lifetimes of the others.",
        "LIFETIMES: 30 minutes for access, 7 days for refresh, 24 hours for email_verify.",
    ),
    needs=("kinds_of_tokens_stay_apart",),
)
def test_each_kind_has_its_lifetime(application: Application, mailbox: Mailbox, clock: Clock, random: Random) -> None:
    """An access token is valid for 30 minutes and a refresh token for 7 days, as before."""
    noon = datetime(2033, 2, 1, 12, tzinfo=UTC) + timedelta(days=random.randrange(300))
    clock.move(noon)
    newcomer = register(application, mailbox, random)
    follow(application, newcomer.link).expect_status(200, key="link_refused")
    tokens = log_in(application, newcomer.account)
    requests = (
        (timedelta(minutes=30), Request("GET", ME, token=tokens["access_token"])),
        (timedelta(days=7), Request("POST", f"{AUTH}/refresh", json={"refresh_token": tokens["refresh_token"]})),
    )
    for lifetime, request in requests:
        clock.move(noon + lifetime - MOMENT)
        application.send(request).expect_status(200, key="expires_too_early")
        clock.move(noon + lifetime + MOMENT)
        expect_error(application.send(request), 401, key="expires_too_late")
