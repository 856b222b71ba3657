"""Whatever an application answers, no check of the course reads it as the course's own fault.

This runs one mutation of each check of every third step. COURSE_TESTS=all does so for all steps, and
`uv run course verify --fuzz 40` runs many mutations.
"""

from pathlib import Path

import pytest

from courseware.author.fuzzing import fuzz
from courseware.course import load_course

from ..sampling import EVERYTHING

COURSE = load_course(Path(__file__).parents[2])
MUTATIONS = 1
SEED = 20261130
JUDGED = [step.number for step in COURSE.steps if not step.judges_tests]


@pytest.mark.long
@pytest.mark.parametrize("number", JUDGED if EVERYTHING else JUDGED[::3])
def test_no_answer_makes_a_check_end_with_an_error(number: int) -> None:
    checks = fuzz(COURSE.root, number, mutations=MUTATIONS, seed=SEED)
    assert {check.id: check.errors for check in checks if check.errors} == {}
    assert [check.id for check in checks if check.mutations != MUTATIONS] == []
    assert sum(check.failed for check in checks) > len(checks) / 2
