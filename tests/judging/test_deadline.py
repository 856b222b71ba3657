"""A judgement ends in its time, whatever the submission does, and what was not judged has no points."""

import time
from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.verdict import Outcome, Verdict

MINIATURE = load_course(Path(__file__).parent.parent / "miniature_course")
REFERENCE = finish(MINIATURE, 1)
SECONDS = 2.0
SOON = 12.0
"""More than the deadline and the time that ending takes on a busy machine."""


def judged(tree: dict[str, bytes], seconds: float = SECONDS, seed: int | None = None) -> Verdict:
    began = time.monotonic()
    verdict = judge(MINIATURE, MINIATURE.step(1), tree, hidden=True, sandbox="plain", seconds=seconds, seed=seed)
    assert time.monotonic() - began < seconds + SOON
    return verdict


def slow(route: str) -> dict[str, bytes]:
    """The reference, which drips an answer for one route and never ends it."""
    text = REFERENCE["app/greeting.py"].decode()
    waiting = f"    import time\n    if {route}:\n        time.sleep(600)\n"
    head, found, rest = text.partition('    name = query.get("name", "").strip()\n')
    assert found
    return {**REFERENCE, "app/greeting.py": f"{head}{waiting}{found}{rest}".encode()}


def test_what_was_judged_before_the_deadline_is_kept_and_gives_no_points() -> None:
    verdict = judged({**REFERENCE, "app/main.py": b"import time\ntime.sleep(600)\n"})
    assert (verdict.valid, verdict.cut_short_after, verdict.held) == (False, SECONDS, False)
    assert {check.outcome for check in verdict.checks} == {Outcome.SKIPPED}
    assert verdict.notes == ()


def test_a_check_that_the_deadline_interrupts_has_not_failed() -> None:
    verdict = judged(slow("True"))
    assert (verdict.valid, verdict.cut_short_after) == (False, SECONDS)
    assert Outcome.ERROR not in {check.outcome for check in verdict.checks}
    assert any(check.outcome is Outcome.SKIPPED for check in verdict.checks)


def test_a_judgement_in_time_says_nothing_of_the_deadline() -> None:
    verdict = judged(REFERENCE, seconds=60)
    assert verdict.held
    assert verdict.cut_short_after is None


@pytest.mark.parametrize("view", ["terminal", "html", "text"])
def test_views_show_how_far_the_judge_came_and_no_points(view: str) -> None:
    from rich.console import Console

    from courseware.views.html import verdict_html, verdict_text
    from courseware.views.terminal import verdict_view

    whole = judged(REFERENCE, seconds=60)
    checks = (whole.checks[0], *(each.model_copy(update={"outcome": Outcome.SKIPPED}) for each in whole.checks[1:]))
    verdict = whole.model_copy(update={"valid": False, "cut_short_after": 300.0, "checks": checks})
    console = Console(width=200)
    with console.capture() as captured:
        console.print(verdict_view(verdict, MINIATURE.step(1)))
    shown = {
        "terminal": captured.get(),
        "html": verdict_html(verdict, "1.1"),
        "text": verdict_text(verdict, "1.1"),
    }[view]
    assert "Judging took too long and was stopped after 300 s. Until then 1 checks passed and 0 failed" in shown
    assert "not judged" in shown or view == "terminal"
    assert "The course's own checks failed" not in shown
