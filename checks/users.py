"""Users of the Contacts API: their accounts, how they sign in, and the requests that they send."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from random import Random
from typing import TYPE_CHECKING, Any

from courseware.checking import Answer, Application, CheckFailed, Mailbox, Request, read_address

if TYPE_CHECKING:
    from courseware.services.mailbox.messages import Message

API = "/api/v1"
CONTACTS = f"{API}/contacts"
AUTH = f"{API}/auth"
ME = f"{API}/users/me"
VERIFY = f"{AUTH}/verify"
LINK = re.compile(r"""https?://[^\s"'<>]{1,2000}""")
NO_CHARACTER = re.compile(r"&#[0-9]{8,}")
"""Begins like the number of a character in HTML, but is larger than any; Python refuses to read thousands of digits."""

REQUIRED = ("first_name", "last_name", "email", "phone")
OPTIONAL = ("birthday", "notes")

Contact = dict[str, Any]


class AnsweredContact(Contact):
    """What an application answered of a contact: its id, and what a client can set, as far as it has the right type.

    To read a field that did not come, or is no text, fails the check.
    """

    def __init__(self, answer: Answer) -> None:
        fields: Contact = {"id": answer.identifier("id")}
        for name in (*REQUIRED, *OPTIONAL):
            value = answer.optional(name)
            if isinstance(value, str) or (value is None and name in OPTIONAL and name in answer.typed(dict)):
                fields[name] = value
        super().__init__(fields)
        self._answer = answer

    def __missing__(self, name: str) -> object:
        raise self._answer.failed("field_missing", f"a contact with the text {name}", str(self._answer))


@dataclass(frozen=True)
class Account:
    """What somebody registers and logs in with."""

    email: str
    password: str

    @property
    def registration(self) -> Request:
        return Request("POST", f"{AUTH}/register", json={"email": self.email, "password": self.password})

    @property
    def login(self) -> Request:
        return Request("POST", f"{AUTH}/login", form={"username": self.email, "password": self.password})


@dataclass(frozen=True)
class User:
    """Somebody who is logged in. `create`, `read` and so on send one request; `created` also demands that it worked."""

    application: Application
    email: str
    token: str

    def create(self, contact: Mapping[str, object]) -> Answer:
        return self.application.send(self.creation_of(contact))

    def creation_of(self, contact: Mapping[str, object]) -> Request:
        """The request that creates this contact, for checks that send several at once."""
        return Request("POST", CONTACTS, json=contact, token=self.token)

    def created(self, contact: Mapping[str, object]) -> AnsweredContact:
        """The new contact as the application answered it."""
        return AnsweredContact(self.create(contact).expect_success(201, key="not_created"))

    def read(self, identifier: object) -> Answer:
        return self.application.send(Request("GET", path_of(identifier), token=self.token))

    def page(self, **query: object) -> Answer:
        return self.application.send(Request("GET", CONTACTS, query=query, token=self.token))

    def listed(self, **query: object) -> Answer:
        """A page that must come with status 200 and a list of items."""
        answer = self.page(**query).expect_status(200, key="not_listed")
        answer.typed(list, "items", key="items_is_no_list")
        return answer

    def change(self, identifier: object, fields: Mapping[str, object]) -> Answer:
        return self.application.send(self.change_of(identifier, fields))

    def change_of(self, identifier: object, fields: Mapping[str, object]) -> Request:
        """The request that changes this contact, for checks that send several at once."""
        return Request("PATCH", path_of(identifier), json=fields, token=self.token)

    def delete(self, identifier: object) -> Answer:
        return self.application.send(Request("DELETE", path_of(identifier), token=self.token))


def sign_in(application: Application, mailbox: Mailbox | None, random: Random) -> User:
    """A new user, logged in in the way that the application at hand demands: if it says so, the address is verified."""
    account = new_account(random)
    answer = application.send(account.registration).expect_success(201, key="cannot_register")
    if mailbox is not None and answer.optional("is_verified") is False:
        link = link_in(mailbox.wait_for(account.email))
        application.send(following(link)).expect_status(200, key="link_does_not_work")
    answer = application.send(account.login).expect_status(200, key="cannot_log_in")
    return User(application, account.email, answer.token("access_token", key="cannot_log_in"))


def me(application: Application, token: str) -> Answer:
    """What the application says of whoever has this token."""
    return application.send(Request("GET", ME, token=token))


def new_account(random: Random) -> Account:
    """An address that no other check uses, and a password with letters that take two bytes."""
    return Account(new_email(random), f"Пароль-{random.getrandbits(64):x}")


def new_email(random: Random) -> str:
    """An address in lower case that no other check uses."""
    return f"person.{random.getrandbits(64):016x}@example.com"


def link_in(message: "Message") -> str:
    """The one link in the message that leads to the verification. Fails the check where there is none."""
    links = links_in(message.text or "") or links_in(message.html or "")
    if not links:
        got = f"the message {message.subject!r} without one"
        raise CheckFailed("no_link", asked=f"a link with {VERIFY} in the message", expected="one", got=got)
    return links[0]


def links_in(text: str) -> list[str]:
    """Every link that leads to the verification, in a text or in HTML, each once."""
    found = (match.rstrip(".,;:!?)]") for match in LINK.findall(unescape(NO_CHARACTER.sub("&", text))))
    return list(dict.fromkeys(link for link in found if f"{VERIFY}/" in link))


def following(link: str) -> Request:
    """The request that a browser sends when somebody follows the link, whatever address it begins with."""
    return Request("GET", read_address(link, asked="the link in the message", key="broken_link").target)


def path_of(identifier: object) -> str:
    """Where a contact lives. Nothing is taken for granted about identifiers but that they can stand in a path."""
    return f"{CONTACTS}/{identifier}"
