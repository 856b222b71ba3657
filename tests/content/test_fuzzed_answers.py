"""Whatever an application answers, no check of the course reads it as the course's own fault.

This runs a few mutations of each check. `uv run course verify --fuzz 40` runs many.
"""

from pathlib import Path

import pytest

from courseware.author.fuzzing import fuzz
from courseware.course import load_course

COURSE = load_course(Path(__file__).parents[2])
MUTATIONS = 1
SEED = 20261130


@pytest.mark.long
@pytest.mark.parametrize("number", [step.number for step in COURSE.steps if not step.judges_tests])
def test_no_answer_makes_a_check_end_with_an_error(number: int) -> None:
    checks = fuzz(COURSE.root, number, mutations=MUTATIONS, seed=SEED)
    assert {check.id: check.errors for check in checks if check.errors} == {}
    assert [check.id for check in checks if check.mutations != MUTATIONS] == []
    assert sum(check.failed for check in checks) > len(checks) / 2
