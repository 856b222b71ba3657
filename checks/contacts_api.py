"""What the checks of every step share: users of the Contacts API, contacts to send, and comparisons in plain words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import jwt

from courseware.checking import Answer, Application, CheckFailed, Mailbox, Request, expect

if TYPE_CHECKING:
    from courseware.services.mailbox.messages import Message

API = "/api/v1"
CONTACTS = f"{API}/contacts"
AUTH = f"{API}/auth"
ME = f"{API}/users/me"
REQUIRED = ("first_name", "last_name", "email", "phone")
OPTIONAL = ("birthday", "notes")
FIELDS = ("id", *REQUIRED, *OPTIONAL)
TIMESTAMPS = ("created_at", "updated_at")

FIRST_NAMES = ("Олена", "Тарас", "Марія", "Богдан", "Anna", "José", "Zoë", "Martin")
LAST_NAMES = ("Коваленко", "Шевчук", "Ткач", "Мороз", "Novak", "Müller", "Larsen", "Dubois")

VERIFY = f"{AUTH}/verify"
LINK = re.compile(r"""https?://[^\s"'<>]+""")

RACES = 8
"""How often a race is run: on a busy machine one request may be over before the next one is read."""

SHOWN_CONTACTS = 7

Contact = dict[str, Any]


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

    def created(self, contact: Mapping[str, object]) -> Contact:
        """The new contact as the application answered it: its id and what a client can set."""
        answer = self.create(contact).expect_status(201, key="not_created")
        answer.value("id", key="no_id")
        return {name: value for name, value in answer.json.items() if name in FIELDS}

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


def sign_in(application: Application, mailbox: Mailbox | None, random: Random) -> User:
    """A new user, logged in in the way that the application at hand demands: if it says so, the address is verified."""
    account = new_account(random)
    answer = application.send(account.registration).expect_status(201, key="cannot_register")
    if mailbox is not None and isinstance(answer.json, dict) and answer.json.get("is_verified") is False:
        link = link_in(mailbox.wait_for(account.email))
        application.send(following(link)).expect_status(200, key="link_does_not_work")
    answer = application.send(account.login).expect_status(200, key="cannot_log_in")
    return User(application, account.email, answer.typed(str, "access_token", key="cannot_log_in"))


def unverified_user(application: Application, environment: Mapping[str, str], random: Random) -> User:
    """Somebody whose address is not verified, with an access token all the same, which login does not give them.

    The check signs it as the contract says. An application may demand more of its own tokens than that and take it for
    none at all, so read the refusal with `expect_unverified_refused`.
    """
    account = new_account(random)
    answer = application.send(account.registration).expect_status(201, key="cannot_register")
    token = signed(access_claims(answer.value("id", key="no_id"), random), environment["JWT_SECRET_KEY"])
    return User(application, account.email, token)


def me(application: Application, token: str) -> Answer:
    """What the application says of whoever has this token."""
    return application.send(Request("GET", ME, token=token))


def access_claims(user_id: object, random: Random) -> dict[str, object]:
    """What an access token says, by the contract."""
    issued = datetime.now(UTC).replace(microsecond=0)
    jti = UUID(int=random.getrandbits(128)).hex
    return {"sub": str(user_id), "purpose": "access", "jti": jti, "iat": issued, "exp": issued + timedelta(minutes=30)}


def signed(claims: Mapping[str, object], key: str) -> str:
    """A token with these claims, signed with this key as the contract says."""
    return jwt.encode(dict(claims), key, "HS256")


def expect_unverified_refused(user: User, answer: Answer, *, key: str) -> None:
    """Fails the check unless the answer to an `unverified_user` is 403 email_not_verified.

    It may be 401 where the application does not take the token for one of its own, and so does not know who asks.
    """
    if me(user.application, user.token).status == 401:
        answer.expect_status(401, key=key)
    else:
        expect_error(answer, 403, code="email_not_verified", key=key)


def new_account(random: Random) -> Account:
    """An address that no other check uses, and a password with letters that take two bytes."""
    return Account(new_email(random), f"Пароль-{random.getrandbits(64):x}")


def link_in(message: "Message") -> str:
    """The one link in the message that leads to the verification. Fails the check where there is none."""
    links = links_in(message.text or "") or links_in(message.html or "")
    if not links:
        got = f"the message {message.subject!r} without one"
        raise CheckFailed("no_link", asked=f"a link with {VERIFY} in the message", expected="one", got=got)
    return links[0]


def links_in(text: str) -> list[str]:
    """Every link that leads to the verification, in a text or in HTML, each once."""
    found = (match.rstrip(".,;:!?)]") for match in LINK.findall(unescape(text)))
    return list(dict.fromkeys(link for link in found if f"{VERIFY}/" in link))


def following(link: str) -> Request:
    """The request that a browser sends when somebody follows the link, whatever address it begins with."""
    parts = urlsplit(link)
    return Request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)


def path_of(identifier: object) -> str:
    """Where a contact lives. Nothing is taken for granted about identifiers but that they can stand in a path."""
    return f"{CONTACTS}/{identifier}"


def new_email(random: Random) -> str:
    """An address in lower case that no other check uses."""
    return f"person.{random.getrandbits(64):016x}@example.com"


def valid_contact(random: Random, **fields: object) -> Contact:
    """A contact with every field filled, which the contract allows; `fields` replace some of them.

    They come first, so that they are seen where a failure shows no more than the beginning of the request.
    """
    usual = {
        "first_name": random.choice(FIRST_NAMES),
        "last_name": random.choice(LAST_NAMES),
        "email": new_email(random),
        "phone": f"+38050{random.randrange(10**7):07}",
        "birthday": f"{random.randrange(1950, 2010)}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}",
        "notes": f"Зустрілися на конференції №{random.randrange(1, 100)}",
    }
    return {**fields, **without(usual, *fields)}


def without(contact: Mapping[str, object], *names: str) -> Contact:
    """The contact without these fields."""
    return {name: value for name, value in contact.items() if name not in names}


def letters(random: Random, count: int) -> str:
    """A name of so many Cyrillic letters, each of which takes two bytes in UTF-8."""
    return "".join(random.choices("абвгдежзиклмнопрстуфхцчшщюя", k=count)).capitalize()


def mixed_case(text: str, random: Random) -> str:
    """The text with some letters in the other case, at least the first and the last one."""
    inner = "".join(random.choice((letter, letter.swapcase())) for letter in text[1:-1])
    return text[0].swapcase() + inner + text[-1].swapcase()


def expect_contact(answer: Answer, fields: Mapping[str, object], *path: str | int, key: str) -> None:
    """Fails the check unless the contact at `path` of the answer has these fields with these values."""
    for name, value in fields.items():
        answer.expect_value(*path, name, equals=value, key=key)


def expect_contacts(answer: Answer, contacts: Sequence[Contact], *, key: str) -> None:
    """Fails the check unless the page holds exactly these contacts in this order."""
    got = items_of(answer)
    same = [contact["email"] for contact in contacts] == [contact["email"] for contact in got]
    expect(same, key, asked=str(answer.request), expected=_listing(contacts), got=_listing(got))


def expect_contacts_in_any_order(answer: Answer, contacts: Sequence[Contact], *, key: str) -> None:
    """Fails the check unless the page holds exactly these contacts, in whatever order."""
    got = items_of(answer)
    same = sorted(contact["email"] for contact in contacts) == sorted(str(contact["email"]) for contact in got)
    expect(same, key, asked=str(answer.request), expected=_listing(contacts), got=_listing(got))


def items_of(answer: Answer) -> list[Contact]:
    """The contacts on a page, in its order; each has an e-mail address at least."""
    places = range(len(answer.typed(list, "items", key="items_is_no_list")))
    for place in places:
        answer.value("items", place, "email", key="incomplete_item")
    return [answer.typed(dict, "items", place, key="incomplete_item") for place in places]


def expect_error(answer: Answer, status: int, *, key: str, code: str | None = None) -> None:
    """Fails the check unless this is an error in the one shape, with this code if one is given."""
    answer.expect_status(status, key=key)
    for name in ("detail", "code"):
        text = answer.typed(str, name, key="wrong_error_shape")
        expect(bool(text), "wrong_error_shape", asked=str(answer.request), expected=f"a {name} with words", got="none")
    if code is not None:
        answer.expect_value("code", equals=code, key="wrong_error_code")


def error_fields(answer: Answer) -> list[str]:
    """The fields that a 422 answer complains about, such as "body.email"."""
    count = len(answer.typed(list, "errors", key="wrong_error_shape"))
    for place in range(count):
        answer.typed(str, "errors", place, "message", key="wrong_error_shape")
    return [answer.typed(str, "errors", place, "field", key="wrong_error_shape") for place in range(count)]


def expect_moment(answer: Answer, *path: str | int) -> datetime:
    """The timestamp at `path`; fails the check unless it is ISO 8601 with an offset of zero from UTC."""
    text = answer.typed(str, *path, key="wrong_timestamp")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise answer.failed("wrong_timestamp", f"{path[-1]} in ISO 8601", text) from None
    if moment.utcoffset() is None:
        raise answer.failed("naive_timestamp", f"{path[-1]} with an offset, such as +00:00 or Z", text)
    return moment


def missing_like(identifier: object, random: Random) -> object:
    """An identifier of the same kind that belongs to nothing."""
    if isinstance(identifier, int):
        return identifier + random.randrange(10**6, 10**8)
    digits = "0123456789abcdef"
    return "".join(random.choice(digits) if letter in digits else letter for letter in str(identifier))


def soon(moment: datetime) -> datetime:
    """A little later: far enough to tell two moments apart, near enough for an access token to be valid still."""
    return moment + timedelta(minutes=5)


def _listing(contacts: Sequence[Contact]) -> str:
    """The contacts in words: how many, and who the first ones are."""
    if not contacts:
        return "no contacts"
    shown = "; ".join(_label(contact) for contact in contacts[:SHOWN_CONTACTS])
    more = "; …" if len(contacts) > SHOWN_CONTACTS else ""
    return f"{len(contacts)} contact{'' if len(contacts) == 1 else 's'}: {shown}{more}"


def _label(contact: Contact) -> str:
    parts = (contact.get(name, "") for name in ("last_name", "first_name", "email"))
    return f"{contact.get('id', '?')} " + " ".join(str(part) for part in parts)
