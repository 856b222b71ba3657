"""A mistake in one demand costs the points of that demand, and none of what can be judged without it."""

from pathlib import Path

import pytest

from courseware.author.mistakes import mistakes_of
from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge

COURSE = load_course(Path(__file__).parents[2])
COSTS = {
    (1, "created_answers_200"): 1,
    (1, "deleted_answers_200"): 1,
    (2, "login_does_not_ask"): 5,
}
"""By step and known mistake: the points that it may cost at most, of the 90 for code."""


@pytest.mark.parametrize(("number", "identifier"), COSTS)
def test_a_mistake_costs_no_more_than_its_demand(number: int, identifier: str) -> None:
    step = COURSE.step(number)
    [mistake] = [each for each in mistakes_of(step) if each.id == identifier]
    verdict = judge(COURSE, step, mistake.made_in(finish(COURSE, number)), hidden=True)
    assert verdict.valid
    assert 0 < verdict.points_possible - verdict.points <= COSTS[number, identifier]
