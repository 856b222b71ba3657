"""What the checks of step 2 share: somebody who has to follow a link first, links and tokens to follow, silence."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from courseware.checking import Answer, Application, CheckFailed, Mailbox, Request, expect, read_address
from errors import expect_error
from users import AUTH, VERIFY, Account, following, link_in, new_account

if TYPE_CHECKING:
    from courseware.services.mailbox.messages import Message

RESEND = f"{AUTH}/resend-verification"

SILENT_SECONDS = 0.05

SHORTEST_TOKEN = 10
"""Characters: a shorter text could be guessed, and cannot be changed by a letter."""


@dataclass(frozen=True)
class Newcomer:
    """Somebody who has registered and has the message, but has not followed its link yet."""

    account: Account
    id: int | str
    message: "Message"

    @property
    def link(self) -> str:
        return link_in(self.message)

    @property
    def token(self) -> str:
        return token_in(self.link)


def register(application: Application, mailbox: Mailbox, random: Random) -> Newcomer:
    """A new account and its message, which must have arrived."""
    account = new_account(random)
    answer = application.send(account.registration).expect_status(201, key="cannot_register")
    return Newcomer(account, answer.identifier("id"), mailbox.wait_for(account.email))


def follow(application: Application, link: str) -> Answer:
    """What somebody gets to see who follows the link."""
    return application.send(following(link))


def follow_token(application: Application, token: str) -> Answer:
    """What somebody gets to see who follows a link with this token."""
    return application.send(Request("GET", f"{VERIFY}/{token}"))


def resend(application: Application, email: str) -> Answer:
    return application.send(Request("POST", RESEND, json={"email": email}))


def token_in(link: str) -> str:
    """The token that the link ends with. Fails the check where there is none."""
    asked = "the link in the message"
    token = read_address(link, asked=asked, key="broken_link").path.rsplit("/", 1)[-1]
    expect(len(token) >= SHORTEST_TOKEN, "no_token", asked=asked, expected="a link that ends with a token", got=link)
    return token


def log_in(application: Application, account: Account) -> Mapping[str, str]:
    """The two tokens that the account gets for its password, by their names in the answer."""
    answer = application.send(account.login).expect_status(200, key="cannot_log_in")
    return {name: answer.token(name, key="cannot_log_in") for name in ("access_token", "refresh_token")}


def answered_meanwhile(application: Application, mailbox: Mailbox, request: Request, *, key: str) -> Answer:
    """The answer to a request while a message waits for the mail server, which stalls.

    Fails the check with `key` where the answer comes after the application has given the mail server up, or not at all.
    """
    answer = in_time(application, request, key=key)
    expect(
        mailbox.is_waited_for(),
        key,
        asked=f"{request}, while the mail server says nothing",
        expected="an answer while a message waits for the mail server",
        got="no message that waits when the answer comes",
    )
    return answer


def in_time(application: Application, request: Request, *, key: str) -> Answer:
    """The answer to a request; fails the check with `key` where none comes."""
    try:
        return application.send(request)
    except CheckFailed as failure:
        if failure.key != "no_answer":
            raise
        raise CheckFailed(
            key,
            asked=f"{request}, while the mail server does not work",
            expected="an answer",
            got=failure.got,
        ) from None


def expect_messages(
    application: Application, mailbox: Mailbox, random: Random, address: str, count: int, *, key: str
) -> None:
    """Fails the check unless so many messages came for the address. Another message is sent and awaited before."""
    register(application, mailbox, random)
    time.sleep(SILENT_SECONDS)
    got = len(mailbox.messages_to(address))
    expect(got == count, key, asked=f"messages to {address}", expected=str(count), got=str(got))


def expect_refused(answer: Answer, *codes: str, key: str) -> None:
    """Fails the check unless the link is refused with status 400 and one of these codes."""
    expect_error(answer, 400, key=key)
    if answer.value("code") not in codes:
        raise answer.failed("wrong_error_code", f"code {' or '.join(codes)}", f"code {answer.value('code')}")
