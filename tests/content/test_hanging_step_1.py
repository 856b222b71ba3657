"""A solution of step 1 that holds a lock over an `await` loses the points of races alone, for every seed."""

from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.verdict import Outcome

SERVICE = "app/services/contacts.py"
COMMITS = "    try:\n        await session.commit()\n"
LOCKED = "    try:\n        with lock:\n            await session.commit()\n"


def test_a_lock_over_an_await_costs_the_races_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("courseware.checking.time_limits.SECOND_SECONDS", 4.0)  # the other checks do not need more
    course = load_course(Path(__file__).parents[2])
    reference = finish(course, 1)
    code = reference[SERVICE].decode()
    assert COMMITS in code
    code = code.replace(COMMITS, LOCKED).replace("\n\n\nasync def create", "\nlock = Lock()\n\n\nasync def create")
    tree = {
        **reference,
        SERVICE: code.replace("from sqlalchemy", "from threading import Lock\n\nfrom sqlalchemy", 1).encode(),
    }
    verdicts = [judge(course, course.step(1), tree, hidden=True, seed=seed) for seed in range(3)]
    lost = [{check.id for check in verdict.checks if check.outcome is not Outcome.PASSED} for verdict in verdicts]
    races = {"racing_creates_leave_one_contact", "racing_changes_to_one_email"}
    # Whether requests meet at the lock is up to the scheduler, so on a busy machine a race may go well.
    assert all(each <= races for each in lost), lost
    assert any(lost)
