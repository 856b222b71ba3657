"""What the checks of the homework share: requests about passwords and roles, and what must end with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from courseware.checking import Answer, Application, CheckFailed, Database, Mailbox, Request
from errors import expect_error
from step_2_email_verification.verification import log_in
from step_5_redis_caching.people import Person, refreshing, register
from users import API, AUTH, ME, Account, me

if TYPE_CHECKING:
    from courseware.services.mailbox.messages import Message

RESET = f"{AUTH}/password-reset"
PASSWORD = f"{ME}/password"
USERS = f"{API}/admin/users"
JWT = re.compile(r"[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,2000}")
Tokens = Mapping[str, str]


@dataclass(frozen=True)
class Member:
    """A verified user with one session: the account, the id, and the tokens of that session."""

    application: Application
    account: Account
    id: int | str
    tokens: Tokens

    @property
    def token(self) -> str:
        return self.tokens["access_token"]

    def with_password(self, password: str) -> Account:
        """The same address with another password."""
        return replace(self.account, password=password)


def member(application: Application, mailbox: Mailbox, random: Random) -> Member:
    """Somebody new, who has followed the link and logged in."""
    person: Person = register(application, mailbox, random)
    tokens = person.tokens()
    shown = me(application, tokens["access_token"]).expect_status(200, key="cannot_log_in")
    return Member(application, person.account, shown.identifier("id"), tokens)


def admin(application: Application, mailbox: Mailbox, random: Random, database: Database) -> Member:
    """Somebody new, whom the check makes an admin as `app/make_admin.py` does: in the column `role`."""
    found = member(application, mailbox, random)
    sql = "UPDATE users SET role = 'admin' WHERE email = ?"
    if database.execute(sql, [found.account.email]) != 1:
        raise CheckFailed("no_role", asked=sql, expected="one row", got="another number")
    return found


def new_password(random: Random) -> str:
    """A password that no account has, with characters that take two bytes."""
    return f"Новий-{random.getrandbits(64):x}"


def requesting(email: str, client: str | None = None) -> Request:
    """The request for a token to set another password."""
    return Request("POST", f"{RESET}/request", json={"email": email}, client=client)


def confirming(token: str, password: str) -> Request:
    """The request that sets another password with a token."""
    return Request("POST", f"{RESET}/confirm", json={"token": token, "password": password})


def changing(who: Member, current: str, password: str) -> Request:
    """The request of a user who sets another password."""
    return Request("POST", PASSWORD, json={"current_password": current, "password": password}, token=who.token)


def deleting(who: Member, password: str) -> Request:
    """The request of a user who deletes the account."""
    return Request("DELETE", ME, json={"password": password}, token=who.token)


def setting_active(who: Member, user_id: object, active: object) -> Request:
    """The request of an admin who closes or opens an account."""
    return Request("PATCH", f"{USERS}/{user_id}", json={"is_active": active}, token=who.token)


def token_in(message: "Message") -> str:
    """The token in the text of the message. Fails the check unless the HTML has the same one."""
    in_text, in_html = ({str(each) for each in JWT.findall(part or "")} for part in (message.text, message.html))
    if len(in_text) != 1 or in_text != in_html:
        got = f"{len(in_text)} in the text, {len(in_html)} in the HTML"
        raise CheckFailed("no_token", asked="the message", expected="the same one token in text and HTML", got=got)
    return in_text.pop()


def reset_token(who: Member, mailbox: Mailbox) -> str:
    """The token that comes for another request of this user."""
    before = len(mailbox.messages_to(who.account.email))
    who.application.send(requesting(who.account.email)).expect_success(202, key="not_requested")
    return token_in(mailbox.wait_for(who.account.email, after=before, key="no_reset_message"))


def confirmed(application: Application, token: str, password: str, *, key: str = "not_confirmed") -> Answer:
    """The answer to a token that must set the password."""
    return application.send(confirming(token, password)).expect_status(200, key=key)


def expect_refused_token(application: Application, token: str, password: str, *, code: str, key: str) -> None:
    """Fails the check unless the token sets no password: 400 with this code."""
    expect_error(application.send(confirming(token, password)), 400, code=code, key=key)


def expect_password(application: Application, account: Account, *, key: str) -> Tokens:
    """The tokens of a login that must work. Fails the check with `key` otherwise."""
    application.send(account.login).expect_status(200, key=key)
    return log_in(application, account)


def expect_no_password(application: Application, account: Account, *, key: str) -> None:
    """Fails the check unless a login with this password is refused as a wrong one."""
    expect_error(application.send(account.login), 401, code="bad_credentials", key=key)


def expect_session_ended(application: Application, tokens: Tokens, *, key: str) -> None:
    """Fails the check with `key` unless both tokens are refused with 401."""
    expect_error(me(application, tokens["access_token"]), 401, key=key)
    expect_error(application.send(refreshing(tokens["refresh_token"])), 401, key=key)


def expect_session_goes_on(application: Application, tokens: Tokens, *, key: str) -> None:
    """Fails the check with `key` unless the access token works."""
    me(application, tokens["access_token"]).expect_status(200, key=key)
