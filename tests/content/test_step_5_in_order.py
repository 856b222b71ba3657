"""Step 5 is worked on in order: a task holds as soon as it is done, whether or not the next one is begun."""

from pathlib import Path

import pytest

from courseware.base.tree import Tree
from courseware.course import load_course
from courseware.course.stages import finish, start
from courseware.judging.judgement import judge

COURSE = load_course(Path(__file__).parents[2])
STEP = COURSE.step(5)
REFERENCE = finish(COURSE, 5)
HANDED_OUT = start(COURSE, 5)
BIRTHDAYS = "app/services/birthdays.py"


def endpoint(source: bytes) -> bytes:
    """The function `read_cached`, which task 5.3 is about."""
    begin, end = b"async def read_cached(", b"async def invalidate("
    assert (source.count(begin), source.count(end)) == (1, 1)
    return source[source.index(begin) : source.index(end)]


def taken(*paths: str) -> Tree:
    return {path: REFERENCE[path] for path in paths}


QUERY_ALONE = REFERENCE[BIRTHDAYS].replace(endpoint(REFERENCE[BIRTHDAYS]), endpoint(HANDED_OUT[BIRTHDAYS]))
AFTER_1 = {**HANDED_OUT, **taken("app/core/cache.py")}
AFTER_2 = {**AFTER_1, BIRTHDAYS: QUERY_ALONE}
AFTER_3 = {**AFTER_2, **taken(BIRTHDAYS)}
AFTER_4 = {**AFTER_3, **taken("app/api/v1/contacts.py")}
TREES = (HANDED_OUT, AFTER_1, AFTER_2, AFTER_3, AFTER_4, REFERENCE)


@pytest.mark.parametrize("done", range(1, len(TREES) - 1))
def test_what_is_done_holds_and_the_rest_does_not(done: int) -> None:
    """`course verify` judges what is handed out and the reference."""
    verdict = judge(COURSE, STEP, TREES[done], hidden=True)
    assert verdict.valid
    assert [task.held for task in verdict.tasks] == [number < done for number in range(len(STEP.tasks))]
