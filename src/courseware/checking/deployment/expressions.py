"""Evaluates the expressions of GitHub Actions, such as `github.ref == 'refs/heads/main' && success()`.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions has the language.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST = 4000
LONGEST_VALUE = 16 * 1024
MOST_LEVELS = 40
STATUS_FUNCTIONS = ("success", "failure", "always", "cancelled")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?))|(?P<text>'(?:[^']|'')*')"
    r"|(?P<sign>&&|\|\||==|!=|>=|<=|[!<>()\[\],.*])|(?P<name>[A-Za-z_][\w-]*))"
)
_PLACE = re.compile(r"\{(\d{1,3})\}|\{\{|\}\}")
Function = Callable[..., Any]


class BadExpression(Exception):
    """GitHub would refuse the expression. The message says why."""


@dataclass(frozen=True)
class Scope:
    """What an expression can use: contexts such as `github`, and functions beside the general ones."""

    contexts: Mapping[str, Any]
    functions: Mapping[str, Function]


def evaluate(text: str, scope: Scope) -> Any:
    """The value of an expression without `${{ }}`. Raises BadExpression."""
    return _Evaluation(text, scope).whole()


def condition_holds(condition: object, scope: Scope) -> bool:
    """Whether a job or step with this `if` runs. None stands for no condition.

    A condition without a status function holds only if `success()` does. A condition with text around `${{ }}` is a
    text that is not empty, so it always holds. Raises BadExpression.
    """
    text = "success()" if condition is None else as_text(condition).strip()
    parts = split_template(text)
    if len(parts) == 1 and parts[0][0]:
        text = parts[0][1]
    elif any(is_expression for is_expression, _ in parts):
        value: Any = True
        for is_expression, part in parts:
            if is_expression:
                evaluate(part, scope)
        return value if _uses_status(text) else bool(scope.functions["success"]())
    value = evaluate(text, scope)
    if not _uses_status(text):
        return bool(scope.functions["success"]()) and truth(value)
    return truth(value)


def fill(text: object, scope: Scope) -> str:
    """The text with the values of its `${{ }}` filled in. Raises BadExpression."""
    parts = split_template(as_text(text))
    return "".join(as_text(evaluate(part, scope)) if is_expression else part for is_expression, part in parts)


def split_template(text: str) -> list[tuple[bool, str]]:
    """The parts of a text, each with whether it is an expression. Raises BadExpression if a `${{` is not closed."""
    parts: list[tuple[bool, str]] = []
    position = 0
    while (begin := text.find("${{", position)) >= 0:
        end, quoted = begin + 3, False
        while end < len(text) and (quoted or not text.startswith("}}", end)):
            quoted ^= text[end] == "'"
            end += 1
        if end >= len(text):
            raise BadExpression("${{ without }}")
        if begin > position:
            parts.append((False, text[position:begin]))
        parts.append((True, text[begin + 3 : end].strip()))
        position = end + 2
    if position < len(text) or not parts:
        parts.append((False, text[position:]))
    return parts


def truth(value: Any) -> bool:
    """Whether GitHub takes the value for true."""
    return not (value is None or value is False or value == "" or value == 0 or value != value)


def as_text(value: Any) -> str:
    """The value as it stands in a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "Object" if isinstance(value, dict) else "Array" if isinstance(value, list) else str(value)


def _uses_status(text: str) -> bool:
    """Whether the condition calls a status function. What stands in quotes is no call."""
    code = re.sub(r"'[^']*'", "''", text)
    return re.search(rf"\b(?:{'|'.join(STATUS_FUNCTIONS)})\s*\(", code, re.IGNORECASE) is not None


class _Evaluation:
    """Evaluates while it reads. Nothing in the language has side effects, so that both sides of && can be read."""

    def __init__(self, text: str, scope: Scope) -> None:
        if len(text) > LONGEST:
            raise BadExpression(f"it has more than {LONGEST} characters")
        self._scope = scope
        self._contexts = {name.lower(): value for name, value in scope.contexts.items()}
        self._functions = {**FUNCTIONS, **{name.lower(): each for name, each in scope.functions.items()}}
        self._tokens = list(_tokens(text))
        self._place = 0
        self._level = 0

    def whole(self) -> Any:
        if not self._tokens:
            raise BadExpression("an expression is missing")
        value = self._either()
        if self._place < len(self._tokens):
            raise BadExpression(f"{self._tokens[self._place][1]!r} is not expected there")
        return value

    def _take(self, *signs: str) -> str | None:
        """The next sign if it is one of these."""
        if self._place < len(self._tokens):
            kind, text = self._tokens[self._place]
            if kind == "sign" and text in signs:
                self._place += 1
                return text
        return None

    def _demand(self, sign: str) -> None:
        if self._take(sign) is None:
            raise BadExpression(f"{sign!r} is missing")

    def _either(self) -> Any:
        self._level += 1
        if self._level > MOST_LEVELS:
            raise BadExpression(f"it has more than {MOST_LEVELS} levels")
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = value if truth(value) else other
        self._level -= 1
        return value

    def _both(self) -> Any:
        value = self._comparison()
        while self._take("&&"):
            other = self._comparison()
            value = other if truth(value) else value
        return value

    def _comparison(self) -> Any:
        value = self._unary()
        while sign := self._take("==", "!=", ">=", "<=", ">", "<"):
            value = _compare(sign, value, self._unary())
        return value

    def _unary(self) -> Any:
        negations = 0
        while self._take("!"):
            negations += 1
        value = self._value()
        return value if not negations else truth(value) == (negations % 2 == 0)

    def _value(self) -> Any:
        if self._take("("):
            value = self._either()
            self._demand(")")
            return self._parts_of(value)
        if self._place >= len(self._tokens):
            raise BadExpression("it ends too early")
        kind, text = self._tokens[self._place]
        self._place += 1
        match kind:
            case "number":
                return float(int(text, 0)) if "x" in text else float(text)
            case "text":
                return text[1:-1].replace("''", "'")
            case "name" if self._take("("):
                return self._parts_of(self._call(text))
            case "name" if text in ("true", "false", "null"):
                return {"true": True, "false": False, "null": None}[text]
            case "name":
                if text.lower() not in self._contexts:
                    known = ", ".join(self._scope.contexts)
                    raise BadExpression(f"{text!r} is not available there (available: {known})")
                return self._parts_of(self._contexts[text.lower()])
        raise BadExpression(f"{text!r} is not expected there")

    def _call(self, name: str) -> Any:
        arguments = []
        if not self._take(")"):
            arguments.append(self._either())
            while self._take(","):
                arguments.append(self._either())
            self._demand(")")
        function = self._functions.get(name.lower())
        if function is None:
            raise BadExpression(f"there is no function {name!r}")
        try:
            value = function(*arguments)
        except (TypeError, ValueError, IndexError, RecursionError) as error:
            raise BadExpression(f"{name}() cannot be called so ({error})") from None
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            raise BadExpression(f"{name}() makes a text of more than {LONGEST_VALUE} characters")
        return value

    def _parts_of(self, value: Any) -> Any:
        while sign := self._take(".", "["):
            if sign == ".":
                if self._take("*"):
                    value = list(value.values()) if isinstance(value, dict) else value
                    continue
                if self._place >= len(self._tokens) or self._tokens[self._place][0] != "name":
                    raise BadExpression("a name is missing after '.'")
                name = self._tokens[self._place][1]
                self._place += 1
                value = _part(value, name)
            else:
                value = _part(value, self._either())
                self._demand("]")
        return value


def _tokens(text: str) -> Sequence[tuple[str, str]]:
    found = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise BadExpression(f"{text[position : position + 20]!r} cannot be read")
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


def _part(value: Any, name: Any) -> Any:
    """A member of an object, whose names differ in more than case, or an item of an array. None where there is none."""
    if isinstance(value, Mapping):
        wanted = as_text(name).lower()
        return next((each for key, each in value.items() if str(key).lower() == wanted), None)
    if isinstance(value, list):
        if isinstance(name, float) and name.is_integer():
            return value[int(name)] if 0 <= name < len(value) else None
        return [_part(each, name) for each in value if isinstance(each, Mapping)]
    return None


def _compare(sign: str, one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        one, other = one.lower(), other.lower()
    elif isinstance(one, dict | list) and isinstance(other, dict | list):
        return {"==": one is other, "!=": one is not other}.get(sign, False)
    elif type(one) is not type(other) or isinstance(one, bool) or one is None:
        one, other = _number(one), _number(other)
    match sign:
        case "==":
            return bool(one == other)
        case "!=":
            return bool(one != other)
        case ">":
            return bool(one > other)
        case "<":
            return bool(one < other)
        case ">=":
            return bool(one >= other)
        case _:
            return bool(one <= other)


def _number(value: Any) -> float:
    if value is None or value is False or (isinstance(value, str) and not value.strip()):
        return 0.0
    if value is True:
        return 1.0
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _contains(whole: Any, wanted: Any) -> bool:
    if isinstance(whole, list):
        return any(_compare("==", each, wanted) for each in whole)
    return as_text(wanted).lower() in as_text(whole).lower()


def _format(text: Any, *values: Any) -> str:
    def place(match: re.Match[str]) -> str:
        return match[0][0] if match[1] is None else as_text(values[int(match[1])])

    return _PLACE.sub(place, as_text(text))


def _join(values: Any, between: Any = ",") -> str:
    return as_text(between).join(map(as_text, values)) if isinstance(values, list) else as_text(values)


FUNCTIONS: Mapping[str, Function] = {
    "contains": _contains,
    "startswith": lambda text, begin: as_text(text).lower().startswith(as_text(begin).lower()),
    "endswith": lambda text, end: as_text(text).lower().endswith(as_text(end).lower()),
    "format": _format,
    "join": _join,
    "tojson": lambda value: json.dumps(value, indent=2),
    "fromjson": lambda text: json.loads(as_text(text)),
    "hashfiles": lambda *_: "0" * 64,
}
