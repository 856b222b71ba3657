"""Step 8 is worked on in order: a task holds as soon as it is done, whether or not the next one is begun."""

from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.course.stages import finish, start
from courseware.judging.judgement import judge

from ..sampling import EVERYTHING

COURSE = load_course(Path(__file__).parents[2])
STEP = COURSE.step(8)
REFERENCE = finish(COURSE, 8)
USERS = "app/services/users.py"
CLOSED = b"""    if not user.is_active:
        raise Forbidden("account_deactivated", "An administrator has closed this account.")
"""
APPLICATION = [task.id for task in STEP.tasks if task.id != "8.5"]
"""The other task judges tests, which need none of these."""


@pytest.mark.long
@pytest.mark.parametrize("done", range(1, len(APPLICATION)) if EVERYTHING else [2])
def test_what_is_done_holds_and_the_rest_does_not(done: int) -> None:
    """COURSE_TESTS=all tries all tasks. Tasks 8.1 and 8.3 edit one file, in which this leaves task 8.3 undone."""
    files = {file: REFERENCE[file] for task in STEP.tasks[:done] for file in task.edit}
    if done < APPLICATION.index("8.3") + 1:
        assert files[USERS].count(CLOSED) == 1
        files[USERS] = files[USERS].replace(CLOSED, b"")
    verdict = judge(COURSE, STEP, start(COURSE, 8) | files, hidden=True, tasks=APPLICATION)
    assert verdict.valid, [verdict.notes, *(check.detail for check in verdict.checks)]
    assert [task.held for task in verdict.tasks] == [number < done for number in range(len(APPLICATION))]
