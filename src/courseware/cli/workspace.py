"""`course start`, `status`, `hint` and `solution`: the verbs about the steps in the workspace."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from difflib import get_close_matches, unified_diff
from typing import TYPE_CHECKING, Annotated

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import (
    JsonOption,
    RequiredStepArgument,
    SandboxOption,
    busy,
    console,
    open_workspace,
    print_json,
)


def start(
    step: RequiredStepArgument,
    from_mine: Annotated[
        bool,
        typer.Option(
            "--from-mine",
            help="Start from your own work on the previous step, not from its reference. git merges the changes of the "
            "step into a copy of your work. In a conflict, both versions are kept.",
        ),
    ] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Start again. A dated backup keeps your work.")] = False,
    restore: Annotated[
        str | None,
        typer.Option(
            "--restore",
            metavar="FILE",
            help="Restore this file alone, such as app/main.py. Your version is kept in a dated backup.",
        ),
    ] = None,
) -> None:
    """Write the files of a step into workspace/. The command never overwrites your work."""
    workspace = open_workspace()
    asked = workspace.course.step(step)
    if restore is not None:
        if reset or from_mine:
            raise UsageError("--restore changes one file of a step, so it goes with neither --reset nor --from-mine.")
        _restore(workspace, asked, restore)
        return
    laid_out = workspace.start(asked, reset=reset, from_mine=from_mine)
    from courseware.views.terminal import laid_out_view

    before = None if laid_out.before is None else workspace.status(laid_out.before)
    console().print(laid_out_view(asked, laid_out, workspace.course.root, before), end="")


def _restore(workspace: Workspace, step: Step, path: str) -> None:
    from courseware.views.terminal import shown

    backup = workspace.restore(step, path)
    kept = "" if backup is None else f" Your version is kept in {backup.relative_to(workspace.course.root)}."
    console().print(shown(f"{path} is as step {step.number} hands it out.{kept}"))


def status(as_json: JsonOption = False) -> None:
    """Show your points: the result of the last judgement of every task."""
    workspace = open_workspace()
    from courseware.student.workspace import next_action

    statuses = [workspace.status(step) for step in workspace.course.steps]
    action = next_action(workspace.course, workspace.progress)
    if as_json:
        print_json({"steps": [each.model_dump(mode="json") for each in statuses], "next": action})
        return
    from courseware.views.terminal import shown, status_view

    screen = console()
    screen.print(status_view(workspace.course.title, statuses))
    screen.print(shown(action))


if TYPE_CHECKING:
    from courseware.checking.check import CheckEntry
    from courseware.student.workspace import Workspace


def hint(
    check: Annotated[
        str | None,
        typer.Argument(
            metavar="CHECK",
            help="The name of the check. Without it, the command lists the checks that failed in the last judgement.",
            show_default=False,
        ),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show the hints that you have read, and no new one.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the next hint for a check, after the hints that you have read."""
    workspace = open_workspace()
    if check is None:
        _list_failed(workspace, as_json=as_json)
        return
    with busy("Reading the checks …"):
        entry = _find(workspace, check)
    hints = entry.hints[: workspace.progress.hints.get(entry.id, 0)] if show_all else next_hints(workspace, entry)
    if as_json:
        print_json({"check": entry.id, "hints": hints, "of": len(entry.hints)})
        return
    from courseware.views.terminal import hint_view

    console().print(hint_view(entry.id, hints, len(entry.hints), show_all=show_all))


def _list_failed(workspace: Workspace, *, as_json: bool) -> None:
    """Show the failed checks, each with the number of its hints that were read."""
    with busy("Reading the checks …"):
        failed = _failed_checks(workspace)
    read = workspace.progress.hints
    listed = [(each, min(read.get(each.id, 0), len(each.hints))) for each in failed]
    if as_json:
        told = [{"check": each.id, "task": each.task, "read": level, "of": len(each.hints)} for each, level in listed]
        print_json({"failed": told})
        return
    from courseware.views.terminal import failed_checks_view

    console().print(failed_checks_view(listed))


def _failed_checks(workspace: Workspace) -> list[CheckEntry]:
    """The checks of the current step that failed in the last judgement of their task. Raises UsageError."""
    from courseware.judging.judgement import catalogue

    step = workspace.step(None)
    judged = workspace.progress.steps.get(step.number)
    if judged is None:
        raise UsageError(f"Step {step.number} has not been judged yet. Begin with: course check {step.number}")
    failed = {name for task in judged.tasks.values() for name in task.failed}
    return [entry for entry in catalogue(workspace.course, step) if entry.id in failed]


def next_hints(workspace: Workspace, check: CheckEntry) -> tuple[str, ...]:
    """The hints read so far and one more, which now counts as read."""
    level = min(workspace.progress.hints.get(check.id, 0) + 1, len(check.hints))
    workspace.record_hint(check.id, level)
    return check.hints[:level]


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


if TYPE_CHECKING:
    from courseware.base.tree import Tree
    from courseware.course import Course, Step
    from courseware.student.workspace import Workspace


def solution(
    step: RequiredStepArgument,
    diff: Annotated[bool, typer.Option("--diff", help="Show the changes from the start of the step instead.")] = False,
    mine: Annotated[
        bool, typer.Option("--mine", help="With --diff: show the changes from your own work to the reference.")
    ] = False,
    spoil: Annotated[bool, typer.Option("--spoil", help="Show it although not all checks pass.")] = False,
    sandbox: SandboxOption = None,
) -> None:
    """Show the reference for a step: the files that it adds and changes. All checks must pass, or use --spoil."""
    workspace = open_workspace()
    asked = workspace.course.step(step)
    if mine and not diff:
        raise UsageError(f"--mine compares your work with the reference: course solution {step} --diff --mine")
    if not workspace.course.application_folder.is_dir():
        raise UsageError("This copy of the course has no solutions.")
    if not spoil:
        _demand_that_it_holds(workspace, asked, sandbox)
    if diff:
        before = workspace.submission(asked).tree if mine else None
        for path, text in _differences(workspace.course, asked, before):
            _show(path, text, "diff")
        return
    for path, text in _files(workspace.course, asked):
        _show(path, text, None)


def _demand_that_it_holds(workspace: Workspace, step: Step, sandbox: bool | None) -> None:
    """Judges the work as it is now: what an earlier judgement said was about other files, perhaps."""
    from courseware.cli.check import judge_workspace

    _, verdict = judge_workspace(workspace, step, sandbox=sandbox)
    if not verdict.held:
        raise UsageError(
            f"Step {step.number} is not solved yet, see: course check {step.number}. "
            f"To see the reference anyway: course solution {step.number} --spoil"
        )


def _files(course: Course, step: Step) -> Iterator[tuple[str, str]]:
    from courseware.base.tree import changed
    from courseware.course.stages import finish

    for path, content in changed(finish(course, step.number - 1), finish(course, step.number)).items():
        yield path, content.decode(errors="replace")


def _differences(course: Course, step: Step, before: Tree | None) -> Iterator[tuple[str, str]]:
    """A patch for each file: from `before`, by default what the student was handed, to the reference."""
    from courseware.course.stages import finish, start

    after = finish(course, step.number)
    if before is None:
        before = start(course, step.number)
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
