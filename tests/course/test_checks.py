"""Which files judge a step, and which modules its checks may import."""

import pytest

from courseware.course import Course, check_files

HELPER = "step_1_greeting/asking.py"


@pytest.mark.parametrize(
    ("number", "hidden", "names"),
    [
        (1, False, ["conftest.py", HELPER, "step_1_greeting/test_greeting.py"]),
        (
            1,
            True,
            [
                "conftest.py",
                HELPER,
                "step_1_greeting/hidden/test_greeting_hidden.py",
                "step_1_greeting/test_greeting.py",
            ],
        ),
        (2, True, ["conftest.py", HELPER, "step_2_clock/test_clock.py"]),
    ],
)
def test_a_step_is_judged_by_its_checks_and_by_helpers_of_its_own_and_of_earlier_steps(
    course: Course, number: int, hidden: bool, names: list[str]
) -> None:
    files = check_files(course, course.step(number), hidden=hidden)
    assert [file.relative_to(course.root / "checks").as_posix() for file in files] == names
