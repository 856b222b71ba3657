"""A verdict as Gradescope's results.json (gradescope-autograders.readthedocs.io/en/latest/specs).

Students see the visible checks. A hidden check is never shown to them: its name says what it demands. What they are
told of a task's hidden checks when the grades are published, is how many hold. As long as anything is hidden,
Gradescope does not tell them their score.
"""

from collections.abc import Iterator
from typing import Any

from courseware.base.text import printable
from courseware.classroom.nbgrader.feedback import NOT_TAKEN_IN, hidden_sentence
from courseware.verdict import CheckResult, Outcome, Verdict
from courseware.views.wording import STARTS, circumstances, failure_text, start_text, why_skipped

DECIMALS = 4
PLAIN_TEXT = {"output_format": "text", "test_output_format": "text", "test_name_format": "text"}
PASSED, FAILED = "passed", "failed"


def results(verdict: Verdict) -> dict[str, Any]:
    """The content of results.json. `verdict` must be a valid one: there are no points in any other."""
    if not verdict.valid:
        raise ValueError("an invalid verdict has no points")
    return {
        "score": round(verdict.points, DECIMALS),
        "execution_time": verdict.seconds,
        "output": circumstances(verdict),
        **PLAIN_TEXT,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "submission": verdict.submission,
            "checks_version": verdict.checks_version,
            "judged_by": verdict.judged_by,
            "judged_at": verdict.judged_at.isoformat(),
            "seed": verdict.seed,
        },
        "tests": list(_tests(verdict)),
    }


def not_taken_in(reason: str) -> dict[str, Any]:
    """The content of results.json for a submission that was refused: its author reads why, and can submit again."""
    test = {"name": NOT_TAKEN_IN, "status": FAILED, "output": printable(reason), "visibility": "visible"}
    return {"score": 0, **PLAIN_TEXT, "output": f"{NOT_TAKEN_IN}\n{printable(reason)}", "tests": [test]}


def _tests(verdict: Verdict) -> Iterator[dict[str, Any]]:
    why_not = start_text(verdict)
    hidden_ids = {check.id for check in verdict.checks if not check.visible}
    yield {"name": STARTS, "status": FAILED if why_not else PASSED, "output": why_not, "visibility": "visible"}
    for task in verdict.tasks:
        checks = [check for check in verdict.checks if check.task == task.id]
        for number, check in enumerate(checks, start=1):
            yield _test(check, f"{task.id}.{number}", hidden_ids)
        hidden = [check for check in checks if not check.visible]
        if hidden:
            yield {
                "name": f"Task {task.id}: checks that are not shown",
                "number": f"{task.id}.{len(checks) + 1}",
                "status": PASSED if all(check.outcome is Outcome.PASSED for check in hidden) else FAILED,
                "output": hidden_sentence(hidden),
                "visibility": "after_published",
            }


def _test(check: CheckResult, number: str, hidden_ids: set[str]) -> dict[str, Any]:
    return {
        "score": round(check.points, DECIMALS),
        "max_score": round(check.points_possible, DECIMALS),
        "status": PASSED if check.outcome is Outcome.PASSED else FAILED,
        "name": printable(check.sentence),
        "number": number,
        "output": _output(check, hidden_ids),
        "tags": [check.id, check.outcome.value],
        "visibility": "visible" if check.visible else "hidden",
    }


def _output(check: CheckResult, hidden_ids: set[str]) -> str:
    if check.outcome is Outcome.SKIPPED:
        is_told = not check.visible or check.needs_failed not in hidden_ids
        return f"Not run. {why_skipped(check) if is_told else 'It waits for a check that is not shown.'}"
    hint = f"\nHint: {check.first_hint}" if check.outcome is Outcome.FAILED and check.first_hint else ""
    return failure_text(check) + hint
