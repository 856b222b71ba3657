"""Judges the work on a step for the verbs that need it, and keeps what the verdict said."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from courseware.cli.common import busy
from courseware.judge import judge

if TYPE_CHECKING:
    from courseware.course import Step
    from courseware.intake import Submission
    from courseware.sandbox import SandboxKind
    from courseware.verdict import Verdict
    from courseware.workspace import Workspace


def judge_step(
    workspace: Workspace,
    step: Step,
    submission: Submission,
    *,
    task: str | None = None,
    sandbox: bool | None = None,
    seed: int | None = None,
) -> Verdict:
    """The verdict about a submission, with a sign of being busy. Raises UsageError.

    What a check prints goes to stderr, so that stdout holds the verdict alone.
    """
    kind: SandboxKind | None = None if sandbox is None else ("bubblewrap" if sandbox else "plain")
    with busy(f"Judging step {step.number}: {step.title} …"), redirect_stdout(sys.stderr):
        return judge(workspace.course, step, submission.tree, task=task, sandbox=kind, seed=seed)


def judge_workspace(
    workspace: Workspace, step: Step, *, task: str | None = None, sandbox: bool | None = None, seed: int | None = None
) -> tuple[Submission, Verdict]:
    """What stands in the step's folder, and the verdict about it, which is kept as progress. Raises UsageError."""
    submission = workspace.submission(step)
    verdict = judge_step(workspace, step, submission, task=task, sandbox=sandbox, seed=seed)
    workspace.record(verdict, task)
    return submission, verdict


def remarks(submission: Submission, step: Step) -> list[str]:
    """What its author should know of a submission, beside the verdict. The names in it are the submission's own.

    That is what intake left out and what it warns of, and the conflicts that moving on has left.
    """
    from courseware.views.wording import tasks_in
    from courseware.workspace import left_conflicts

    undecided = [
        f"Still to decide, between yours and what step {step.number} brings: {path} ({tasks_in(step, path)})"
        for path in left_conflicts(submission.tree, step.number)
    ]
    return [*undecided, *(f"Left out: {path}" for path in submission.dropped), *submission.warnings]
