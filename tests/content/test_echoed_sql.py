"""A solution whose engine logs every statement has the same points as one that logs nothing, for every seed."""

from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.pytest_plugin import JudgePlugin

DATABASE = "app/core/database.py"
SILENT = "create_async_engine(url, hide_parameters=True,"
SEEDS = range(2, 6)
"""With them the check of the log comes when the log is longer than what the judge keeps of it."""
LOG_CHARACTERS = 64 * 1024
"""What the judge keeps of a log."""


@pytest.fixture
def one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second attempt has a fresh start, whose log is short: here each check has a single one, and time enough."""
    monkeypatch.setattr("courseware.checking.time_limits.FIRST_SECONDS", 30.0)
    monkeypatch.setattr(JudgePlugin, "_is_to_be_repeated", lambda *_: False)


@pytest.mark.usefixtures("one_attempt")
@pytest.mark.parametrize("seed", SEEDS)
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
