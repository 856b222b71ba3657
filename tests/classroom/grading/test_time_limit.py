"""A submission that takes too long is stopped, named and left without points; the rest of the class has its own."""

import pytest

from courseware.base.tree import Tree

from .conftest import Class
from .test_grade import said

pytestmark = pytest.mark.bubblewrap


def test_a_submission_that_takes_too_long_needs_a_look(classroom: Class, specimens: dict[str, Tree]) -> None:
    reference = specimens["finish(1)"]
    slow = {**reference, "app/main.py": b"import time\ntime.sleep(600)\n" + reference["app/main.py"]}
    classroom.hand_in("slow", slow)
    classroom.hand_in("usual", reference)
    done = classroom.run("grade", "--json", "--time-limit", "12", code=1)
    told = said(done.stdout)
    assert (told["usual"]["points"], told["usual"]["remark"]) == (9, "")
    assert told["slow"]["points"] is None
    assert "It took too long: judging was stopped after 12 s. Until then 0 of 3 checks passed" in str(
        told["slow"]["remark"]
    )
    assert classroom.grades()["slow"] == {"task_1_1": (None, True), "task_1_2": (None, True)}
    assert classroom.verdicts() == 1
