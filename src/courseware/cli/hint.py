"""`course hint`: the next hint for a check, at most three, from nudge to near-answer."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import JsonOption, busy, console, open_workspace, print_json

if TYPE_CHECKING:
    from courseware.checking.check import CheckEntry
    from courseware.student.workspace import Workspace


def hint(
    check: Annotated[str, typer.Argument(metavar="CHECK", help="The check's name, as `course check` shows it.")],
    as_json: JsonOption = False,
) -> None:
    """Show the next hint for a check, after those that you have read."""
    workspace = open_workspace()
    with busy("Reading the checks …"):
        entry = _find(workspace, check)
    hints = next_hints(workspace, entry.id, entry.hints)
    if as_json:
        print_json({"check": entry.id, "hints": hints, "of": len(entry.hints)})
        return
    from courseware.views.terminal import hint_view

    console().print(hint_view(entry.id, hints, len(entry.hints)))


def next_hints(workspace: Workspace, check: str, hints: tuple[str, ...]) -> tuple[str, ...]:
    """The hints read so far and one more, which now counts as read."""
    level = min(workspace.progress.hints.get(check, 0) + 1, len(hints))
    workspace.record_hint(check, level)
    return hints[:level]


def _find(workspace: Workspace, check: str) -> CheckEntry:
    """The check of this name in any step, the step worked on last first. Raises UsageError with the nearest names."""
    from courseware.judging.judgement import catalogue

    last = workspace.progress.current_step
    known: list[str] = []
    for step in sorted(workspace.course.steps, key=lambda step: step.number != last):
        for entry in catalogue(workspace.course, step):
            if entry.id == check:
                return entry
            known.append(entry.id)
    near = get_close_matches(check, known)
    advice = f"Did you mean {' or '.join(near)}?" if near else "`course check` shows the names of those that fail."
    raise UsageError(f"There is no check {check!r}. {advice}")
