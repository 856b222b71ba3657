"""People who log in, at any time, and what they do with their refresh tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from random import Random

from courseware.checking import Answer, Application, Mailbox, Request
from errors import expect_error
from step_2_email_verification.verification import log_in
from users import AUTH, Account, User, following, link_in, new_account

YEARS = range(2028, 2046)
"""When checks take place: after the years of the examples in the lesson."""
REFRESH = f"{AUTH}/refresh"
LOGOUT = f"{AUTH}/logout"
Tokens = Mapping[str, str]
"""The access token and the refresh token, by their names in the answer."""


@dataclass(frozen=True)
class Person:
    """Somebody with a verified account."""

    application: Application
    account: Account

    def log_in(self) -> User:
        """This person, logged in now. An access token works for half an hour."""
        return User(self.application, self.account.email, self.tokens()["access_token"])

    def tokens(self) -> Tokens:
        """The tokens of a new session."""
        return log_in(self.application, self.account)


def register(application: Application, mailbox: Mailbox, random: Random) -> Person:
    """Somebody new, who has followed the link in the message."""
    account = new_account(random)
    application.send(account.registration).expect_success(201, key="cannot_register")
    link = link_in(mailbox.wait_for(account.email))
    application.send(following(link)).expect_status(200, key="link_does_not_work")
    return Person(application, account)


def noon(day: date) -> datetime:
    """Noon of a day, in UTC."""
    return datetime.combine(day, time(12), UTC)


def refreshing(refresh_token: str) -> Request:
    """The request that exchanges this token."""
    return Request("POST", REFRESH, json={"refresh_token": refresh_token})


def logging_out(refresh_token: str) -> Request:
    """The request that ends the session of this token."""
    return Request("POST", LOGOUT, json={"refresh_token": refresh_token})


def refreshed(application: Application, refresh_token: str, *, key: str) -> Tokens:
    """The new tokens for this one. Fails the check with `key` where there are none."""
    answer = application.send(refreshing(refresh_token)).expect_status(200, key=key)
    return {name: answer.token(name, key=key) for name in ("access_token", "refresh_token")}


def logged_out(application: Application, refresh_token: str, *, key: str = "not_logged_out") -> Answer:
    """The answer to a logout, which must work."""
    return application.send(logging_out(refresh_token)).expect_success(204, key=key)


def expect_revoked(application: Application, refresh_token: str, *, key: str) -> None:
    """Fails the check with `key` unless this token is refused as one of a session that has ended."""
    expect_error(application.send(refreshing(refresh_token)), 401, code="token_revoked", key=key)
