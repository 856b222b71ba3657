"""`course check`: judges, and shows what holds, what does not, and what to look at next."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from courseware.cli.common import JsonOption, SandboxOption, StepArgument, console, open_workspace, print_json
from courseware.cli.exit_codes import FAILED, FAULT, HELD
from courseware.views.untrusted import printable


def check(
    step: StepArgument = None,
    task: Annotated[str | None, typer.Argument(metavar="TASK", help="Judge this task alone, such as 1.2.")] = None,
    as_json: JsonOption = False,
    sandbox: SandboxOption = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Repeat a run: its order and data. The verdict names its seed.")
    ] = None,
    submission: Annotated[
        Path | None, typer.Option(help="Judge this folder or archive instead; your progress stays as it is.")
    ] = None,
) -> None:
    """Judge your work on a step, or on one of its tasks."""
    workspace = open_workspace()
    asked = workspace.step(step)
    if task is not None:
        asked.task(task)
    from courseware.cli.judging import judge_step, judge_workspace, remarks

    if submission is None:
        judged, verdict = judge_workspace(workspace, asked, task=task, sandbox=sandbox, seed=seed)
    else:
        from courseware.workspace import read_project

        judged = read_project(submission)
        verdict = judge_step(workspace, asked, judged, task=task, sandbox=sandbox, seed=seed)
    if as_json:
        print_json(verdict.model_dump(mode="json"))
        for remark in remarks(judged, asked):
            print(printable(remark), file=sys.stderr)
    else:
        from courseware.views.terminal import shown, verdict_view

        screen = console()
        screen.print(verdict_view(verdict, asked, task), end="")
        for remark in remarks(judged, asked):
            screen.print(shown(remark, "dim"))
    raise typer.Exit(HELD if verdict.held else FAILED if verdict.valid else FAULT)
