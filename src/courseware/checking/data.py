"""JSON that an application made, read with suspicion: whatever it holds, reading it can only fail the check."""

import json
import re
from abc import ABC, abstractmethod
from typing import Any, NoReturn, TypeVar, overload

from courseware.checking.check import CheckFailed

Kind = TypeVar("Kind")
SHOWN_CHARACTERS = 300
DEEPEST = 50
"""Objects and lists inside of each other; Python would exceed the depth of its own stack a little later."""
JSON_NAMES = {dict: "an object", list: "a list", str: "a text", int: "a whole number", bool: "true or false"}
LARGEST_NUMBER = 10**40
PATH_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]{1,200}")
TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,8000}=*")


class JsonData(ABC):
    """JSON from the application: the body of an answer, or what a token holds.

    Values have the type `object`: a check compares and shows them. One that does more with a value, such as to send it
    back, reads it by a method that demands its type. Each fails the check where the data is otherwise.
    """

    @property
    @abstractmethod
    def json(self) -> object:
        """The whole of it; fails the check where it is no JSON."""

    @abstractmethod
    def failed(self, key: str, expected: str, got: str) -> CheckFailed:
        """The failure to raise when this is not what it should be."""

    def value(self, *path: str | int, key: str = "field_missing") -> object:
        """The value at `path`, such as ("items", 0, "id"); fails the check where there is none."""
        found, value = self._find(path)
        if not found:
            raise self.failed(key, f"a JSON answer with {_place(path)}", str(self))
        return value

    def optional(self, *path: str | int) -> object:
        """The value at `path`, or None where there is none."""
        return self._find(path)[1]

    def _find(self, path: tuple[str | int, ...]) -> tuple[bool, object]:
        value = self.json
        for part in path:
            is_field = isinstance(value, dict) and isinstance(part, str) and part in value
            is_item = isinstance(value, list) and isinstance(part, int) and -len(value) <= part < len(value)
            if not (is_field or is_item):
                return False, None
            value = value[part]  # type: ignore[index]
        return True, value

    @overload
    def typed(self, kind: type[dict[Any, Any]], *path: str | int, key: str = ...) -> dict[str, object]: ...
    @overload
    def typed(self, kind: type[list[Any]], *path: str | int, key: str = ...) -> list[object]: ...
    @overload
    def typed(self, kind: type[Kind], *path: str | int, key: str = ...) -> Kind: ...
    def typed(self, kind: type[Any], *path: str | int, key: str = "wrong_type") -> Any:
        """The value at `path`, which must be of this type."""
        value = self.value(*path, key=key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            name = JSON_NAMES.get(kind, kind.__name__)
            raise self.failed(key, f"{_place(path)} to be {name}", f"{_place(path)} = {shown(value)}")
        return value

    def identifier(self, *path: str | int, key: str = "no_id") -> int | str:
        """The id at `path`: a whole number, or a text that can stand in a path as it is."""
        value = self.value(*path, key=key)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER:
            return value
        if isinstance(value, str) and PATH_SEGMENT.fullmatch(value):
            return value
        expected = f"{_place(path)} to be a number or a text that can stand in a path"
        raise self.failed(key, expected, f"{_place(path)} = {shown(value)}")

    def token(self, *path: str | int, key: str) -> str:
        """The token at `path`: a text that can stand in an Authorization header."""
        text = self.typed(str, *path, key=key)
        if not TOKEN.fullmatch(text):
            raise self.failed(key, f"{_place(path)} to be a bearer token", f"{_place(path)} = {shown(text)}")
        return text

    def expect_value(self, *path: str | int, equals: object, key: str) -> None:
        """Fails the check with `key` unless the value at `path` equals this one, in type too (1 is not true)."""
        value = self.value(*path, key=key)
        if type(value) is not type(equals) or value != equals:
            raise self.failed(key, f"{_place(path)} = {shown(equals)}", f"{_place(path)} = {shown(value)}")


def read_json(text: bytes | str) -> object:
    """The value of a JSON text. Raises ValueError, also for NaN, which JSON does not have, and for a very deep one."""
    try:
        value: object = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if _is_deeper(value, DEEPEST):
        raise ValueError("nested too deep")
    return value


def shown(value: object) -> str:
    """A JSON value as a failure shows it: its beginning, if it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _is_deeper(value: object, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        containers = [each for each in level if isinstance(each, dict | list)]
        if not containers:
            return False
        level = [inner for each in containers for inner in (each.values() if isinstance(each, dict) else each)]
    return any(isinstance(each, dict | list) for each in level)


def _place(path: tuple[str | int, ...]) -> str:
    if not path:
        return "the body"
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
