"""Changes of what an application made: answers, messages and uploads with something wrong at one place."""

import base64
import hmac
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from email.message import EmailMessage
from typing import Any, Literal

from courseware.checking import Answer
from courseware.services.mailbox.messages import Message

Path = tuple[str | int, ...]
Change = Callable[[Any], Any]
"""Makes something else of an answer, a message or an upload."""

VALUES: dict[str, object] = {
    "null": None, "true": True, "zero": 0, "number": 7, "negative": -1, "fraction": 1.5, "huge number": 10**4000,
    "text": "word", "empty text": "", "space": " ", "spaces": "two words", "control": "\0\x1b[2J\r\n",
    "letters": "Їжак", "surrogate": "\ud800", "surrogates": "a\udfffb" * 40, "huge text": "x" * 200_000,
    "broken address": "http://[", "relative address": "//[::", "path": "../../etc", "percent": "%ff%zz?#",
    "empty list": [], "list": [1, None, "a"], "object": {"a": {"b": [{}]}}, "empty object": {},
    "NaN": float("nan"), "infinity": float("-inf"),
}  # fmt: skip
"""By name, what takes the place of a value."""

BODIES: dict[str, bytes] = {
    "nothing": b"", "HTML": b"<!doctype html><p>404", "null": b"null", "number": b"7", "text": b'"word"', "list": b"[]",
    "object": b"{}", "list of numbers": b"[1, 2]", "no UTF-8": b"\xff\xfe{\x80}", "surrogate bytes": b'"\xed\xa0\x80"',
    "deep": b"[" * 100_000, "deep and whole": b"[" * 500 + b"]" * 500, "NaN": b"NaN", "zeros": b"\0" * 99,
    "huge": b"[" + b"1," * 200_000 + b"1]", "long number": b"1" * 5000,
}  # fmt: skip
UNREAD_HEADERS = {"content-length", "date", "server"}
HEADERS = ("", "http://[", "//[", "\xff\xfe", "x" * 5000, "/api/v1/%", "?", "a b", "\x7f")
STATUSES = (200, 201, 204, 299, 302, 404, 422, 500, 599, 999)
LINKS = ("http://[/", "/", "http://ї/ї", "http://a/ ", "//[::/")
TOKENS = ("", "x", "a.b.c", "ey.ey.ey", "Їжак", "x" * 20_000, "%00")
MESSAGES = (b"", b"\xff\x00\x80", b"From: \xff\r\nContent-Type: text/html; charset=x\r\n\r\n\x80")
CLAIMS = ("sub", "exp", "iat", "jti", "purpose", "iss", "aud", "email")
PAYLOADS = (b"", b"[]", b"7", b"{", b"\xff", b"[" * 5000, b'{"exp": NaN}')
PUBLIC_IDS = ("", "\ud800", "../..", "x" * 5000)
PICTURES = (b"", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(50), b"\xff\xd8\xff\xe1\0\x20Exif\0\0II*\0\xff\xff\xff")
DATABASE_ANSWERS: tuple[dict[str, object], ...] = (
    {}, {"error": "\ud800"}, {"rows": 7}, {"rows": []}, {"rows": [None]}, {"rows": [[]]}, {"rows": [[None] * 9]},
    {"rows": [[b"\xff"]]}, {"rows": [[{}]]}, {"changed": None}, {"changed": -1},
)  # fmt: skip
MIGRATIONS = ((1, ""), (-9, "\n"), (255, "\ud800\0\x1b[2J"), (1, "x" * 200_000), (1, "\n" * 60_000))
_REMOVED = object()
"""In place of a value: neither the value nor its key stays."""
LINK = re.compile(r"https?://[^/]*/")
TOKEN = re.compile(r"ey[\w-]+\.[\w-]+\.[\w-]+")


@dataclass(frozen=True)
class Mutation:
    """A change at one place.

    Args:
        source: the number of the first answer in a run that is changed, from which on all are, or all messages, all
            uploads, all that the database tells, or the outcome of `alembic check`.
        place: what of it is changed, such as a header or the place of a value in JSON.
        name: what it becomes.
    """

    source: int | Literal["messages", "uploads", "database", "migrations"]
    place: str
    name: str
    change: Change

    def __str__(self) -> str:
        source = self.source if isinstance(self.source, str) else f"answers from {self.source + 1} on"
        return f"{source}, {self.place}: {self.name}"


def of_answer(number: int, answer: Answer) -> Iterator[Mutation]:
    """All mutations of an answer, which is the one with this number in a run."""
    for place, changes in _changes(answer).items():
        for name, change in changes.items():
            yield Mutation(number, place, name, change)


def _changes(answer: Answer) -> dict[str, dict[str, Change]]:
    changes: dict[str, dict[str, Change]] = {
        "body": {
            **{name: _with(body=body) for name, body in BODIES.items()},
            "truncated": _with_body(lambda body: body[: len(body) * 2 // 3]),
            "duplicate keys": _with_body(lambda body: body.replace(b'":', b'":0,"x":1,"id":', 1)),
        },
        "status": {str(status): _with(status=status) for status in STATUSES},
    }
    for header in sorted(answer.headers.keys() - UNREAD_HEADERS):
        values: dict[str, Change] = {ascii(value[:20]): _with_header(header, value) for value in HEADERS}
        changes[f"header {header}"] = {"none": _with_header(header, None), **values}
    for path, value in _values(_parsed(answer.body)):
        changes[".".join(map(str, path)) or "the whole"] = {
            "none": _with_value(path, _always(_REMOVED)),
            **({"camel case": _with_value(path, _renamed)} if isinstance(value, dict) else {}),
            "in a list": _with_value(path, lambda value: [value]),
            **({} if isinstance(value, str) else {"as text": _with_value(path, str)}),
            **{name: _with_value(path, _always(value)) for name, value in VALUES.items()},
        }
    return changes


def of_messages(secrets: Collection[str], example: Message) -> Iterator[Mutation]:
    """All mutations of messages that change the `example`.

    `secrets` are the keys with which the application may have signed tokens in messages.
    """
    changes: dict[str, dict[str, Change]] = {
        "raw": {repr(raw[:20]): _with(raw=raw) for raw in MESSAGES},
        "sender": {"none": _with(user="", sender="", recipients=())},
        "links": {link: _with_texts(_replacing(LINK, link)) for link in LINKS},
        "tokens": {ascii(token[:20]): _with_texts(_replacing(TOKEN, token)) for token in TOKENS},
    }
    for number, secret in enumerate(secrets):
        changes[f"payload by secret {number}"] = {
            repr(payload[:20]): _with_texts(_with_payload(_always(payload), secret)) for payload in PAYLOADS
        }
        changes[f"claims by secret {number}"] = {
            f"{claim} {name}": _with_texts(_with_claim(claim, value, secret))
            for claim in CLAIMS
            for name, value in VALUES.items()
        }
    same = _with_texts(str)(example)
    for place, pairs in changes.items():
        if _differ(next(iter(pairs.values()))(example), same):
            yield from (Mutation("messages", place, *pair) for pair in pairs.items())


def _differ(message: Message, other: Message) -> bool:
    """Whether there is another difference than that of the boundaries between their parts, which are drawn."""
    first, second = ((each.user, each.sender, each.recipients, each.text, each.html) for each in (message, other))
    return first != second


def of_uploads() -> Iterator[Mutation]:
    """All mutations of uploads. One gives no upload at all."""
    changes: dict[str, dict[str, Change]] = {
        "upload": {"none": _always(None)},
        "public id": {ascii(name[:20]): _with(public_id=name) for name in PUBLIC_IDS},
        "content": {repr(content[:20]): _with_content(content) for content in PICTURES},
    }
    return (Mutation("uploads", place, *pair) for place, pairs in changes.items() for pair in pairs.items())


def of_database() -> Iterator[Mutation]:
    """All mutations of what the process answers that works on the database."""
    for told in DATABASE_ANSWERS:
        yield Mutation("database", "answer", repr(told)[:40], _always(told))


def of_migrations() -> Iterator[Mutation]:
    """All mutations of the exit code and the output of `alembic check`."""
    for outcome in MIGRATIONS:
        yield Mutation("migrations", "outcome", ascii(outcome)[:40], _always(outcome))


def _always(value: Any) -> Change:
    return lambda _: value


def _with(**fields: object) -> Change:
    return lambda each: replace(each, **fields)


def _with_content(content: bytes) -> Change:
    return lambda upload: replace(upload, picture=replace(upload.picture, content=content))


def _replacing(pattern: re.Pattern[str], other: str) -> Callable[[str], str]:
    return lambda text: pattern.sub(lambda _: other, text)


def _with_body(change: Callable[[bytes], bytes]) -> Change:
    return lambda answer: replace(answer, body=change(answer.body))


def _with_header(name: str, value: str | None) -> Change:
    def change(answer: Answer) -> Answer:
        others = {key: each for key, each in answer.headers.items() if key != name}
        return replace(answer, headers=others if value is None else {**others, name: value})

    return change


def _renamed(value: object) -> object:
    if isinstance(value, dict):
        return {re.sub(r"_(\w)", lambda match: match[1].upper(), key): each for key, each in value.items()}
    return value


def _with_value(path: Path, change: Callable[[Any], object]) -> Change:
    def changed(value: Any, rest: Path) -> object:
        if not rest:
            return change(value)
        if isinstance(value, dict):
            pairs = {key: changed(each, rest[1:]) if key == rest[0] else each for key, each in value.items()}
            return {key: each for key, each in pairs.items() if each is not _REMOVED}
        if isinstance(value, list):
            items = [changed(each, rest[1:]) if place == rest[0] else each for place, each in enumerate(value)]
            return [each for each in items if each is not _REMOVED]
        return value

    def apply(answer: Answer) -> Answer:
        value = changed(_parsed(answer.body), path)
        return replace(answer, body=b"" if value is _REMOVED else json.dumps(value).encode())

    return apply


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _values(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every value in a JSON value with its place; of a list the first two items, of an object the first ten fields."""
    yield path, value
    inner = list(value.items())[:10] if isinstance(value, dict) else []
    inner += list(enumerate(value))[:2] if isinstance(value, list) else []
    for key, each in inner:
        yield from _values(each, (*path, key))


def _with_texts(change: Callable[[str], str]) -> Change:
    """A message with the same headers and other texts."""

    def apply(message: Message) -> Message:
        made = EmailMessage()
        made["From"], made["Subject"] = message.header("From"), message.subject
        made.set_content(change(message.text or ""))
        made.add_alternative(change(message.html or ""), subtype="html")
        return replace(message, raw=made.as_bytes())

    return apply


def _with_claim(name: str, value: object, secret: str) -> Callable[[str], str]:
    def change(payload: bytes) -> bytes:
        claims: Mapping[str, object] = json.loads(payload)
        return json.dumps({**claims, name: value}).encode()

    return _with_payload(change, secret)


def _with_payload(change: Callable[[bytes], bytes], secret: str) -> Callable[[str], str]:
    """Signs tokens of a text anew, with another payload, if `secret` is the key that they were signed with."""

    def signed(match: re.Match[str]) -> str:
        head, payload, signature = match[0].split(".")
        if _signature(f"{head}.{payload}", secret) != signature:
            return match[0]
        made = f"{head}.{_encoded(change(base64.urlsafe_b64decode(payload + '==')))}"
        return f"{made}.{_signature(made, secret)}"

    return lambda text: TOKEN.sub(signed, text)


def _signature(text: str, secret: str) -> str:
    return _encoded(hmac.digest(secret.encode(), text.encode(), "sha256"))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
