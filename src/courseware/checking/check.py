"""What makes a test function a check, and how it says that something does not hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, TypeVar

import pytest

Function = TypeVar("Function", bound=Callable[..., None])
MARKER = "check"


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


@dataclass(frozen=True)
class CheckDeclaration:
    """What a check's author says of it.

    `hints` go from nudge to near-answer; `needs` are the ids of checks that must hold before this one is worth running.
    `environment` are variables that the application gets for this check, on top of its usual ones. With `fresh_start`
    the check has a start of the application for itself, with `other_row_order` one whose database returns rows in
    another order wherever a statement leaves the order open.
    """

    task: str
    points: float
    hints: tuple[str, ...]
    needs: tuple[str, ...]
    environment: Mapping[str, str | None]
    fresh_start: bool
    other_row_order: bool


def check(
    *,
    task: str,
    points: float,
    hints: tuple[str, ...],
    needs: tuple[str, ...] = (),
    environment: Mapping[str, str | None] | None = None,
    fresh_start: bool = False,
    other_row_order: bool = False,
) -> Callable[[Function], Function]:
    """Declares a test function to be a check; its docstring is the sentence that the student reads.

    The check's id is the function's name without `test_`, unique in the course.

    With an `environment`, such as `{"RATE_LIMIT_ENABLED": "true"}`, the application is started again for the check, and
    started again without it afterwards. The variables override the step's and those that services fill; None removes a
    variable. An application that does not start with them fails the check with the key `start_failed`.

    Checks of equal environments share a start, and with it all that the application remembers, as far as their needs
    allow. `fresh_start` gives the check a start for itself, about 0.3 s: for what checks before it could change, such
    as a counter that an application wrongly shares between all clients. After each start the database and Redis are
    empty; the mailbox and the image store keep what has arrived.

    With `other_row_order` SQLite returns rows in another order wherever a statement leaves the order open: each
    connection has `PRAGMA reverse_unordered_selects`, and only keys and constraints have indexes.
    A check that passes in the usual start and in this one does not depend on the order in which SQLite finds rows. On
    PostgreSQL such an application reads no table from its beginning to its end where an index of a key or a constraint
    fits.

    Raises ValueError unless there are points and one to three hints, and for a variable whose value is neither text nor
    None.
    """
    if not 0 < points < inf:
        raise ValueError("A check has more than 0 points.")
    if not 1 <= len(hints) <= 3:
        raise ValueError("A check has one to three hints.")
    environment = {} if environment is None else dict(environment)
    if wrong := [name for name, value in environment.items() if not isinstance(value, str | None)]:
        raise ValueError(f"The value of {wrong[0]} in a check's environment must be text or None.")
    declaration = CheckDeclaration(task, points, hints, needs, environment, fresh_start, other_row_order)

    def mark(function: Function) -> Function:
        marked: Any = pytest.mark.check(declaration)(function)
        return marked  # type: ignore[no-any-return]

    return mark


@dataclass(frozen=True)
class CheckEntry:
    """A check as its author declared it. `hints` go from nudge to near-answer; `needs` are ids of other checks.

    `environment` are variables that the application gets for this check, on top of its usual ones. With `fresh_start`
    the check has a start of the application for itself, with `other_row_order` one whose database returns rows in
    another order wherever a statement leaves the order open.
    """

    id: str
    task: str
    sentence: str
    points: float
    hints: tuple[str, ...]
    needs: tuple[str, ...]
    environment: Mapping[str, str | None]
    fresh_start: bool
    other_row_order: bool
    visible: bool
