"""What makes a test function a check, and how it says that something does not hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest


class CheckFailed(Exception):
    """The application does not do what the check demands.

    Args:
        key: the kind of failure, in snake case; known mistakes and statistics refer to it.
        asked: what was done, e.g. `POST /api/v1/contacts {...}`.
        expected: what the contract demands.
        got: what came instead.
    """

    def __init__(self, key: str, *, asked: str, expected: str, got: str) -> None:
        super().__init__(f"{key}: asked {asked}; expected {expected}; got {got}")
        self.key = key
        self.asked = asked
        self.expected = expected
        self.got = got


def expect(holds: bool, key: str, *, asked: str, expected: object, got: object) -> None:
    """Fails the check with these words unless `holds`."""
    if not holds:
        raise CheckFailed(key, asked=asked, expected=_words(expected), got=_words(got))


def _words(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


Function = TypeVar("Function", bound=Callable[..., None])
MARKER = "check"


@dataclass(frozen=True)
class CheckDeclaration:
    """What a check's author says of it.

    `hints` go from nudge to near-answer; `needs` are the ids of checks that must hold before this one is worth running.
    `environment` are variables that the application gets for this check, on top of its usual ones.
    """

    task: str
    points: float
    hints: tuple[str, ...]
    needs: tuple[str, ...]
    environment: Mapping[str, str | None]


def check(
    *,
    task: str,
    points: float,
    hints: tuple[str, ...],
    needs: tuple[str, ...] = (),
    environment: Mapping[str, str | None] | None = None,
) -> Callable[[Function], Function]:
    """Declares a test function to be a check; its docstring is the sentence that the student reads.

    The check's id is the function's name without `test_`, unique in the course.

    With an `environment` the application is started again for the check, such as `{"RATE_LIMIT_ENABLED": "true"}`, and
    started again without it afterwards. The variables override the step's and those that services fill; None removes a
    variable. An application that does not start with them fails the check with the key `start_failed`.

    Raises ValueError unless there are one to three hints, and for a variable whose value is neither text nor None.
    """
    if not 1 <= len(hints) <= 3:
        raise ValueError("A check has one to three hints.")
    environment = {} if environment is None else dict(environment)
    if wrong := [name for name, value in environment.items() if not isinstance(value, str | None)]:
        raise ValueError(f"The value of {wrong[0]} in a check's environment must be text or None.")
    declaration = CheckDeclaration(task=task, points=points, hints=hints, needs=needs, environment=environment)

    def mark(function: Function) -> Function:
        marked: Any = pytest.mark.check(declaration)(function)
        return marked  # type: ignore[no-any-return]

    return mark


@dataclass(frozen=True)
class CheckEntry:
    """A check as its author declared it. `hints` go from nudge to near-answer; `needs` are ids of other checks.

    `environment` are variables that the application gets for this check, on top of its usual ones.
    """

    id: str
    task: str
    sentence: str
    points: float
    hints: tuple[str, ...]
    needs: tuple[str, ...]
    environment: Mapping[str, str | None]
    visible: bool
