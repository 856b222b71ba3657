"""`course solution`: the reference for a step, once the step holds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from difflib import unified_diff
from typing import TYPE_CHECKING, Annotated

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import RequiredStepArgument, SandboxOption, console, open_workspace

if TYPE_CHECKING:
    from courseware.base.tree import Tree
    from courseware.course import Course, Step
    from courseware.student.workspace import Workspace


def solution(
    step: RequiredStepArgument,
    diff: Annotated[bool, typer.Option("--diff", help="Show what changes from the step's start instead.")] = False,
    spoil: Annotated[bool, typer.Option("--spoil", help="Show it although the step does not hold.")] = False,
    sandbox: SandboxOption = None,
) -> None:
    """Show the reference for a step: the files that it adds and changes. Your work must hold, or say --spoil."""
    workspace = open_workspace()
    asked = workspace.course.step(step)
    if not workspace.course.application_folder.is_dir():
        raise UsageError("This course was handed out without its solutions.")
    if not spoil:
        _demand_that_it_holds(workspace, asked, sandbox)
    for path, text in (_differences if diff else _files)(workspace.course, asked):
        _show(path, text, "diff" if diff else None)


def _demand_that_it_holds(workspace: Workspace, step: Step, sandbox: bool | None) -> None:
    """Judges the work as it is now: what an earlier judgement said was about other files, perhaps."""
    from courseware.cli.check import judge_workspace

    _, verdict = judge_workspace(workspace, step, sandbox=sandbox)
    if not verdict.held:
        raise UsageError(
            f"Step {step.number} does not hold yet, see: course check {step.number}. "
            f"To see the reference all the same: course solution {step.number} --spoil"
        )


def _files(course: Course, step: Step) -> Iterator[tuple[str, str]]:
    from courseware.base.tree import changed
    from courseware.course.stages import finish

    for path, content in changed(finish(course, step.number - 1), finish(course, step.number)).items():
        yield path, content.decode(errors="replace")


def _differences(course: Course, step: Step) -> Iterator[tuple[str, str]]:
    """A patch for each file: from what the student was handed to the reference."""
    from courseware.course.stages import finish, start

    before, after = start(course, step.number), finish(course, step.number)
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            old, new = (
                f"{side}/{path}" if path in tree else "/dev/null" for side, tree in (("a", before), ("b", after))
            )
            yield path, "".join(unified_diff(_lines(before, path), _lines(after, path), old, new))


def _lines(tree: Tree, path: str) -> list[str]:
    return tree.get(path, b"").decode(errors="replace").splitlines(keepends=True)


def _show(path: str, text: str, language: str | None) -> None:
    """With colours on a terminal; elsewhere as it is, for a pager, a file or `git apply`."""
    if not sys.stdout.isatty():
        print(text if language == "diff" else f"# {path}\n\n{text}", end="" if language == "diff" else "\n")
        return
    from rich.syntax import Syntax

    screen = console()
    screen.rule(path)
    lexer = language or Syntax.guess_lexer(path, text)
    screen.print(Syntax(text, lexer, background_color="default", word_wrap=True))
