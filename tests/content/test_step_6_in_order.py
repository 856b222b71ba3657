"""Step 6 is worked on in order: a task holds as soon as its tests are written, whether or not the next one is begun."""

from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.course.stages import finish, start
from courseware.judging.judgement import judge

from ..sampling import EVERYTHING

COURSE = load_course(Path(__file__).parents[2])
STEP = COURSE.step(6)
REFERENCE = finish(COURSE, 6)


@pytest.mark.long
@pytest.mark.parametrize("done", range(1, len(STEP.tasks)) if EVERYTHING else [2])
def test_what_is_done_holds_and_the_rest_does_not(done: int) -> None:
    """Task 6.1 asks for ten tests, so it holds together with task 6.2. COURSE_TESTS=all tries all tasks."""
    files = [file for task in STEP.tasks[:done] for file in task.edit]
    verdict = judge(COURSE, STEP, start(COURSE, 6) | {file: REFERENCE[file] for file in files}, hidden=True)
    assert verdict.valid, [verdict.notes, *(check.detail for check in verdict.checks)]
    assert [task.held for task in verdict.tasks] == [number < done and done > 1 for number in range(len(STEP.tasks))]
