"""What tests expect of a step: data in `expected.toml` beside its lesson, so that a new step touches no test."""

from pathlib import Path

from courseware.base.models import FrozenModel
from courseware.course.loader import parse, read_toml


class Edit(FrozenModel):
    """An edit that breaks an example, and the claim that the example must then report as not so."""

    right: str
    wrong: str
    claim: str


class Expected(FrozenModel):
    """The content of an `expected.toml`.

    Args:
        statuses: the status codes that change with the step, by the name of the request in the application's probe.
        statuses_at_start: those of the step's starter that differ from the stage before.
        notebook: pieces of what cells of the notebook print, by cell id.
        examples: edits by file name of the example and by what they break.
        arguments: with which arguments an example shows its claims, by its file name; without any if it has none here.
    """

    statuses: dict[str, int] = {}
    statuses_at_start: dict[str, int] = {}
    notebook: dict[str, tuple[str, ...]] = {}
    examples: dict[str, dict[str, Edit]] = {}
    arguments: dict[str, tuple[str, ...]] = {}


def expected_in(folder: Path) -> Expected:
    """The expectations in a lesson's folder; none where it has no `expected.toml`. Raises UsageError."""
    path = folder / "expected.toml"
    return parse(Expected, read_toml(path), path) if path.exists() else Expected()
