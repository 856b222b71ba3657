"""Contacts for checks to send, and what an answer must say of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from courseware.checking import Answer, expect
from users import Contact, new_email

TIMESTAMPS = ("created_at", "updated_at")

FIRST_NAMES = ("Олена", "Тарас", "Марія", "Богдан", "Anna", "José", "Zoë", "Martin")
LAST_NAMES = ("Коваленко", "Шевчук", "Ткач", "Мороз", "Novak", "Müller", "Larsen", "Dubois")

RACES = 8
"""How often a race is run: on a busy machine one request may be over before the next one is read."""

SHOWN_CONTACTS = 7


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
    return text[:1].swapcase() + inner + text[1:][-1:].swapcase()


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


def expect_same_moment(answer: Answer, name: str, other: Answer, *, key: str, within: float = 0) -> None:
    """Fails the check unless both answers have the same moment there, but for so many seconds, in whatever zone."""
    moment, expected = expect_moment(answer, name), expect_moment(other, name)
    if abs(moment - expected) > timedelta(seconds=within):
        raise answer.failed(key, f"{name} = {expected}", str(moment))


def name_and_id(contact: Contact) -> tuple[object, ...]:
    """What lists are ordered by. Ids of different kinds are put in some order too."""
    return contact["last_name"], contact["first_name"], isinstance(contact["id"], str), contact["id"]


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
