"""What being late costs."""

import pytest
from traitlets import TraitError

from courseware.classroom.nbgrader.collecting import LatePenalty

HOUR = 3600.0


@pytest.mark.parametrize(
    ("percent", "seconds", "penalty"),
    [(0, 50 * HOUR, 0), (10, 1, 1), (10, 24 * HOUR, 1), (10, 24 * HOUR + 1, 2), (10, 500 * HOUR, 10), (100, 1, 10)],
)
def test_each_day_begun_costs_its_part_until_nothing_is_left(percent: float, seconds: float, penalty: float) -> None:
    assert LatePenalty(percent_per_day=percent).late_submission_penalty("ada", 10, seconds) == penalty


@pytest.mark.parametrize("percent", [-1, 101])
def test_no_other_percentage_is_taken(percent: float) -> None:
    with pytest.raises(TraitError):
        LatePenalty(percent_per_day=percent)
