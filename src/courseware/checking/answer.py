"""What the application answered, read with suspicion: a surprise in it fails the check, never the judge."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, TypeVar

from courseware.checking.check import CheckFailed
from courseware.checking.request import Request

Kind = TypeVar("Kind")
SHOWN_CHARACTERS = 300
JSON_NAMES = {dict: "an object", list: "a list", str: "a text", int: "a whole number", bool: "true or false"}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. Header names are in lower case. `error` is the end of the application's own error, for a 5xx.

    `process` is the number of the process that gave it, from 0 on.
    """

    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes
    error: str = ""
    process: int = 0

    def expect_status(self, *statuses: int, key: str) -> "Answer":
        """This answer, if it has one of these statuses; else the check fails with `key`."""
        if self.status not in statuses:
            raise self.failed(key, " or ".join(str(status) for status in statuses), str(self))
        return self

    def expect_value(self, *path: str | int, equals: object, key: str) -> None:
        """Fails the check with `key` unless the JSON value at `path` equals this one, in type too (1 is not true)."""
        value = self.value(*path, key=key)
        if type(value) is not type(equals) or value != equals:
            raise self.failed(key, f"{_place(path)} = {_shown(equals)}", f"{_place(path)} = {_shown(value)}")

    def value(self, *path: str | int, key: str = "field_missing") -> Any:
        """The JSON value at `path`, such as ("items", 0, "id"); fails the check where there is none."""
        value = self.json
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                raise self.failed(key, f"a JSON answer with {_place(path)}", str(self)) from None
        return value

    def typed(self, kind: type[Kind], *path: str | int, key: str = "wrong_type") -> Kind:
        """The JSON value at `path`, which must be of this type."""
        value = self.value(*path, key=key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            name = JSON_NAMES.get(kind, kind.__name__)
            raise self.failed(key, f"{_place(path)} to be {name}", f"{_place(path)} = {_shown(value)}")
        return value

    def expect_header(self, name: str, *, key: str) -> str:
        """The header's value; fails the check where there is none."""
        try:
            return self.headers[name.lower()]
        except KeyError:
            raise self.failed(key, f"a {name} header", f"{self.status} without one") from None

    def failed(self, key: str, expected: str, got: str) -> CheckFailed:
        """The failure to raise when this answer is not what it should be."""
        return CheckFailed(key, asked=asked(self.request, self.process), expected=expected, got=got)

    @cached_property
    def json(self) -> Any:
        """The body as JSON; fails the check where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise self.failed("not_json", "an answer in JSON", str(self)) from None

    def __str__(self) -> str:
        text = self.body.decode(errors="replace")
        shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
        return " ".join(part for part in (str(self.status), _phrase(self.status), shown, self.error) if part)


def asked(request: Request, process: int) -> str:
    """The request in words, for a failure, with the process to which it went unless that is the first."""
    return f"{request} to process {process + 1}" if process else str(request)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _place(path: tuple[str | int, ...]) -> str:
    if not path:
        return "the body"
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
