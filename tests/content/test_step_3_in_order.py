"""Step 3 is worked on in order: a task holds as soon as it is done, whether or not the next one is begun."""

from pathlib import Path

import pytest

from courseware.base.tree import Tree
from courseware.course import load_course
from courseware.course.stages import finish, start
from courseware.judging.judgement import judge

COURSE = load_course(Path(__file__).parents[2])
STEP = COURSE.step(3)
REFERENCE = finish(COURSE, 3)
SERVICE, STORE = "app/services/avatars.py", "app/services/cloudinary_service.py"


def halfway(source: bytes) -> bytes:
    """The service after task 3.2: it re-encodes the image, and task 3.3 is still to be done."""
    stub = b"    raise NotImplementedError("
    imports = b"from app.models import User\n"
    assert (source.count(stub), source.count(imports)) == (1, 1)
    source = source.replace(imports, imports + b"from app.services.images import reencode\n")
    return source.replace(stub, b"    await reencode(file)\n" + stub)


def failing_openly(source: bytes) -> bytes:
    """The store's client after task 3.3: what the SDK raises goes through."""
    caught = b"    except Exception as error:"
    assert source.count(caught) == 1
    return source.replace(caught, b"    except NotImplementedError as error:")


def taken(*paths: str) -> Tree:
    return {path: REFERENCE[path] for path in paths}


HANDED_OUT = start(COURSE, 3)
AFTER_1 = {**HANDED_OUT, **taken("app/api/uploads.py", "app/api/v1/avatars.py")}
AFTER_2 = {**AFTER_1, **taken("app/services/images.py"), SERVICE: halfway(HANDED_OUT[SERVICE])}
AFTER_3 = {**AFTER_2, **taken(SERVICE), STORE: failing_openly(REFERENCE[STORE])}
TREES = (HANDED_OUT, AFTER_1, AFTER_2, AFTER_3, REFERENCE)


@pytest.mark.parametrize("done", range(1, len(TREES) - 1))
def test_what_is_done_holds_and_the_rest_does_not(done: int) -> None:
    """`course verify` judges what is handed out and the reference."""
    verdict = judge(COURSE, STEP, TREES[done], hidden=True)
    assert verdict.valid
    assert [task.held for task in verdict.tasks] == [number < done for number in range(len(STEP.tasks))]
