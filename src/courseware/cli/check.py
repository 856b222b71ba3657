"""Judges the work on a step for the verbs that need it, and keeps what the verdict said."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from courseware.base.text import printable
from courseware.cli.common import (
    FAILED,
    FAULT,
    HELD,
    USUAL_TIME_LIMIT,
    JsonOption,
    SandboxOption,
    StepArgument,
    TimeLimitOption,
    busy,
    console,
    open_workspace,
    print_json,
)
from courseware.judging.judgement import judge

if TYPE_CHECKING:
    from courseware.course import Step
    from courseware.judging.intake import Submission
    from courseware.judging.sandbox import SandboxKind
    from courseware.student.workspace import Workspace
    from courseware.verdict import Verdict


def judge_step(
    workspace: Workspace,
    step: Step,
    submission: Submission,
    *,
    task: str | None = None,
    sandbox: bool | None = None,
    seed: int | None = None,
    seconds: float = USUAL_TIME_LIMIT,
) -> Verdict:
    """The verdict about a submission, with a sign of being busy. Raises UsageError.

    What a check prints goes to stderr, so that stdout holds the verdict alone.
    """
    tasks = () if task is None else (task,)
    kind: SandboxKind | None = None if sandbox is None else ("bubblewrap" if sandbox else "plain")
    with busy(f"Judging step {step.number}: {step.title} …") as say, redirect_stdout(sys.stderr):
        return judge(
            workspace.course, step, submission.tree, tasks=tasks, sandbox=kind, seed=seed, seconds=seconds, say=say
        )


def judge_workspace(
    workspace: Workspace,
    step: Step,
    *,
    task: str | None = None,
    sandbox: bool | None = None,
    seed: int | None = None,
    seconds: float = USUAL_TIME_LIMIT,
) -> tuple[Submission, Verdict]:
    """What stands in the step's folder, and the verdict about it, which is kept as progress. Raises UsageError."""
    submission = workspace.submission(step)
    verdict = judge_step(workspace, step, submission, task=task, sandbox=sandbox, seed=seed, seconds=seconds)
    workspace.record(verdict, task)
    return submission, verdict


def remarks(submission: Submission, step: Step) -> list[str]:
    """What its author should know of a submission, beside the verdict. The names in it are the submission's own.

    That is what intake left out and what it warns of, and the conflicts that moving on has left.
    """
    from courseware.judging.intake.collecting import quoted
    from courseware.student.workspace import left_conflicts
    from courseware.views.wording import tasks_in

    found = [f"The judge used the project in {quoted(submission.place)}."] if submission.place else []
    undecided = [
        f"Still to decide, between yours and what step {step.number} brings: {quoted(path)} ({tasks_in(step, path)})"
        for path in left_conflicts(submission.tree, step.number)
    ]
    left_out = [f"Left out: {quoted(path)}" for path in submission.dropped]
    return [*found, *undecided, *left_out, *submission.warnings]


def check(
    step: StepArgument = None,
    task: Annotated[str | None, typer.Argument(metavar="TASK", help="Judge only this task, such as 1.2.")] = None,
    as_json: JsonOption = False,
    sandbox: SandboxOption = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Repeat a run with the same order and data. The verdict names its seed.")
    ] = None,
    submission: Annotated[
        Path | None, typer.Option(help="Judge this folder or archive instead. Your progress does not change.")
    ] = None,
    time_limit: TimeLimitOption = USUAL_TIME_LIMIT,
    log: Annotated[bool, typer.Option("--log", help="Show what your application printed, after the verdict.")] = False,
) -> None:
    """Judge your work on a step or on one of its tasks."""
    workspace = open_workspace()
    asked = workspace.step(step)
    if task is not None:
        asked.task(task)
    from courseware.cli.check import judge_step, judge_workspace, remarks

    if submission is None:
        judged, verdict = judge_workspace(workspace, asked, task=task, sandbox=sandbox, seed=seed, seconds=time_limit)
    else:
        from courseware.judging.intake import read_project

        judged = read_project(submission, asked)
        verdict = judge_step(workspace, asked, judged, task=task, sandbox=sandbox, seed=seed, seconds=time_limit)
    if as_json:
        print_json(verdict.model_dump(mode="json"))
        for remark in remarks(judged, asked):
            print(printable(remark), file=sys.stderr)
    else:
        from courseware.views.terminal import shown, verdict_view

        screen = console()
        screen.print(verdict_view(verdict, asked, task), end="")
        if verdict.held and submission is None:
            from courseware.student.workspace import next_action

            screen.print(shown(next_action(workspace.course, workspace.progress)))
        for remark in remarks(judged, asked):
            screen.print(shown(remark, "dim"))
        if log:
            from courseware.views.log import folded

            screen.rule("What your application printed")
            screen.print(shown(folded(verdict.application.log) or "Nothing."))
    raise typer.Exit(HELD if verdict.held else FAILED if verdict.valid else FAULT)
