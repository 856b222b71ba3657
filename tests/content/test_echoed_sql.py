"""A solution whose engine logs every statement has the same points as one that logs nothing, for every seed."""

from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge

DATABASE = "app/core/database.py"
SILENT = "create_async_engine(url, hide_parameters=True,"
LOG_CHARACTERS = 64 * 1024
"""What the judge keeps of a log: in this test each start of the application writes several times as much."""


@pytest.mark.parametrize("seed", range(4))
def test_a_log_of_all_statements_costs_no_point(seed: int) -> None:
    course = load_course(Path(__file__).parents[2])
    reference = finish(course, 2)
    code = reference[DATABASE].decode()
    assert SILENT in code
    tree = {**reference, DATABASE: code.replace(SILENT, f"{SILENT} echo=True,").encode()}
    verdict = judge(course, course.step(2), tree, hidden=True, seed=seed)
    assert verdict.valid, verdict.notes
    assert {check.id: check.failure for check in verdict.checks if check.points < check.points_possible} == {}
    assert len(verdict.application.log) > LOG_CHARACTERS / 2
    assert "SELECT" in verdict.application.log
