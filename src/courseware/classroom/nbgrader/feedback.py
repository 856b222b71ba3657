"""What a student reads of a judgement in a graded notebook: of hidden checks, no more than their number and points."""

from collections.abc import Sequence
from html import escape
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from courseware.base.text import printable
from courseware.classroom.judgements.jobs import Judgement
from courseware.verdict import CheckResult, Outcome, Verdict
from courseware.views.html import message_html, verdict_html

NOT_TAKEN_IN = "What you handed in could not be taken in, so there is nothing to judge. Please talk to your instructor."
FAULT = "This task could not be judged. It is not your mistake: your instructor will look at it."


@pass_context
def markdown_without_html(context: Context, source: str) -> str:
    """Markdown as HTML; tags in it are shown as text.

    In formgrader a student's script would run with all that the instructor may do.
    """
    cell: dict[str, Any] = context.get("cell", {})
    renderer = IPythonRenderer(escape=True, attachments=cell.get("attachments", {}))
    return str(MarkdownWithMath(renderer=renderer).render(source))


def judgement_html(judgement: Judgement, task: str) -> str:
    """The judgement about a task in HTML, for its author. It asks for no other file."""
    if judgement.verdict is not None:
        return verdict_html(for_author(judgement.verdict), task) + _hidden_html(judgement.verdict, task)
    if judgement.refusal:
        return message_html(NOT_TAKEN_IN, judgement.refusal)
    return message_html(FAULT)


def for_author(verdict: Verdict) -> Verdict:
    """The verdict without hidden checks and hidden bugs; the tasks' points still count them.

    Without the application's log too: it shows what hidden checks asked.
    """
    suite = verdict.suite
    if suite is not None:
        suite = suite.model_copy(update={"bugs": tuple(bug for bug in suite.bugs if bug.visible)})
    return verdict.model_copy(
        update={
            "checks": tuple(check for check in verdict.checks if check.visible),
            "application": verdict.application.model_copy(update={"log": ""}),
            "suite": suite,
        }
    )


def _hidden_html(verdict: Verdict, task: str) -> str:
    checks = [check for check in verdict.checks if check.task == task and not check.visible]
    return f'<p class="course-hidden">{escape(printable(hidden_sentence(checks)))}</p>' if checks else ""


def hidden_sentence(checks: Sequence[CheckResult]) -> str:
    """What the author of a submission is told of hidden checks."""
    held = sum(check.outcome is Outcome.PASSED for check in checks)
    points, possible = sum(check.points for check in checks), sum(check.points_possible for check in checks)
    return f"Checks that are not shown: {held} of {len(checks)} pass, {points:g} / {possible:g} points."
