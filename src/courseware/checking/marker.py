"""The marker that makes a test function a check."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

Function = TypeVar("Function", bound=Callable[..., None])
MARKER = "check"


@dataclass(frozen=True)
class CheckDeclaration:
    """What a check's author says of it.

    `hints` go from nudge to near-answer; `needs` are the ids of checks that must hold before this one is worth running.
    """

    task: str
    points: float
    hints: tuple[str, ...]
    needs: tuple[str, ...]


def check(
    *, task: str, points: float, hints: tuple[str, ...], needs: tuple[str, ...] = ()
) -> Callable[[Function], Function]:
    """Declares a test function to be a check; its docstring is the sentence that the student reads.

    The check's id is the function's name without `test_`, unique in the course.
    Raises ValueError unless there are one to three hints.
    """
    if not 1 <= len(hints) <= 3:
        raise ValueError("A check has one to three hints.")
    declaration = CheckDeclaration(task=task, points=points, hints=hints, needs=needs)

    def mark(function: Function) -> Function:
        marked: Any = pytest.mark.check(declaration)(function)
        return marked  # type: ignore[no-any-return]

    return mark
