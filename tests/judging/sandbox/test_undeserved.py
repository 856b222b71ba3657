"""Attacks as submissions: the whole judge, with bubblewrap, gives none of them a point."""

from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.verdict import Outcome

MINIATURE = load_course(Path(__file__).parents[2] / "miniature_course")
ATTACKS = Path(__file__).parent / "attacks"
ENTRYPOINT = "{}.py".format(MINIATURE.application.entrypoint.partition(":")[0].replace(".", "/"))


@pytest.mark.bubblewrap
def test_the_reference_gets_its_points() -> None:
    verdict = judge(MINIATURE, MINIATURE.step(1), finish(MINIATURE, 1), hidden=True, sandbox="bubblewrap")
    assert verdict.valid
    assert verdict.judged_by == "bubblewrap"
    assert all(check.outcome is Outcome.PASSED for check in verdict.checks)


@pytest.mark.bubblewrap
@pytest.mark.parametrize("name", ["exit_at_import", "forge_results", "packed_body", "deep_json", "endless_body"])
def test_an_attack_gets_no_point(name: str) -> None:
    tree = {**finish(MINIATURE, 1), ENTRYPOINT: (ATTACKS / f"{name}.py").read_bytes()}
    verdict = judge(MINIATURE, MINIATURE.step(1), tree, hidden=True, sandbox="bubblewrap")
    assert verdict.valid
    assert sum(check.points for check in verdict.checks) == 0
    assert not any(check.outcome is Outcome.PASSED for check in verdict.checks)
