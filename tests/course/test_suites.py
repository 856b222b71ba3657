"""Variants and bugs are read strictly: whatever is wrong with one is a fault of the course, never a lost point."""

from pathlib import Path

import pytest

from courseware.author import faults
from courseware.base.errors import UsageError
from courseware.classroom.kit.contents import kit_files
from courseware.course import Course, load_course
from courseware.course.suites import faulty_applications, suite_of
from courseware.judging.judgement import checks_version

CHECKS = "checks/step_3_testing"
BUGS = f"{CHECKS}/bugs/task_2.toml"


def spoil(course: Course, file: str, find: str, replace: str) -> Course:
    """The course after this replacement in one of its files."""
    path = course.root / file
    text = path.read_text()
    assert find in text
    path.write_text(text.replace(find, replace, 1))
    return load_course(course.root)


def test_applications_are_those_before_the_step(tested_course: Course) -> None:
    found = faulty_applications(tested_course, tested_course.step(3), hidden=True)
    assert not any(path.startswith("tests/") for path in found.base)
    assert sorted(found.variants) == ["first", "second"]
    assert [(key, each.task, each.visible) for key, each in found.bugs.items()] == [
        ("same_greeting_for_all", "3.2", True),
        ("name_not_trimmed", "3.2", True),
        ("date_never_changes", "3.3", True),
        ("blank_name_greeted", "3.2", False),
    ]
    bug = found.bugs["blank_name_greeted"].bug
    assert b"name is None" in found.with_bug(bug)["app/greeting.py"]
    assert b"name is None" not in found.variants["second"]["app/greeting.py"]


def test_suite_is_what_the_step_hands_in(tested_course: Course) -> None:
    tree = {"tests/a/test_b.py": b"", "conftest.py": b"", "app/main.py": b"", "pytest.ini": b""}
    assert sorted(suite_of(tree, tested_course.step(3))) == ["conftest.py", "tests/a/test_b.py"]


def test_course_is_right(tested_course: Course) -> None:
    assert list(faults(tested_course, (tested_course.step(3),))) == []


@pytest.mark.parametrize(
    ("file", "find", "replace", "says"),
    [
        (BUGS, 'variant = "first"', 'variant = "third"', "there is no variant third"),
        (BUGS, "find = 'words = ", "find = 'word = ", "occurs 0 times"),
        (BUGS, "find = '\", \".join(words)'", "find = 'words'", "occurs 2 times"),
        (BUGS, 'reached_in = "greet"', 'reached_in = "welcome"', "has 0 functions welcome"),
        (BUGS, '], "you"]\'', '], "you"\'', "it is no Python"),
        (BUGS, 'id = "same_greeting_for_all"', 'id = "name_not_trimmed"', "2 bugs are called name_not_trimmed"),
        (BUGS, 'family = "The name"', 'families = "The name"', "family"),
        (f"{CHECKS}/variants/first/variant.toml", "why", "because", "why"),
        (f"{CHECKS}/variants/first/app/clock.py", "def tell_date", "def date", "has 0 functions tell_date"),
        (f"{CHECKS}/variants/first/app/clock.py", "def tell_date(", "def tell_date", "it is no Python"),
    ],
)
def test_wrong_bug_or_variant(tested_course: Course, file: str, find: str, replace: str, says: str) -> None:
    course = spoil(tested_course, file, find, replace)
    with pytest.raises(UsageError, match=says):
        faulty_applications(course, course.step(3), hidden=True)
    assert any(says in fault for fault in faults(course, (course.step(3),)))


@pytest.mark.parametrize(
    ("file", "find", "replace", "says"),
    [
        (BUGS, 'id = "name_not_trimmed"', 'id = "other"', "No check is called other"),
        (BUGS, 'id = "name_not_trimmed"', 'id = "other"', "The check name_not_trimmed calls must_catch"),
        (f"{CHECKS}/test_2_bugs.py", 'task="3.3", points=2', 'task="3.2", points=2', "differ in task"),
    ],
)
def test_bugs_and_checks_belong_together(tested_course: Course, file: str, find: str, replace: str, says: str) -> None:
    course = spoil(tested_course, file, find, replace)
    assert any(says in fault for fault in faults(course, (course.step(3),)))


@pytest.mark.parametrize("name", ["variants/third/app/other.py", "bugs/task_9.toml"])
def test_file_without_a_place(tested_course: Course, name: str) -> None:
    path = tested_course.step(3).checks_folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    (path.parent.parent / "variant.toml").write_text('why = "Differs."')
    with pytest.raises(UsageError, match=path.name):
        faulty_applications(tested_course, tested_course.step(3), hidden=True)


def test_step_that_judges_tests_says_which(tested_course: Course) -> None:
    with pytest.raises(UsageError, match="needs `hands_in`"):
        spoil(tested_course, "lessons/step_3_testing/lesson.toml", 'hands_in = ["tests/**", "conftest.py"]', "")


@pytest.mark.parametrize(
    "path",
    [
        f"{CHECKS}/variants/first/app/clock.py",
        BUGS,
        f"{CHECKS}/hidden/bugs/task_2.toml",
        "solutions/greeter/app/web.py",
    ],
)
def test_version_of_the_checks_covers_variants_bugs_and_application(tested_course: Course, path: str) -> None:
    step = tested_course.step(3)
    before = checks_version(tested_course, step, hidden=True)
    with Path(tested_course.root, path).open("a") as file:
        file.write("\n# changed\n")
    assert checks_version(tested_course, step, hidden=True) != before


def test_kit_has_the_visible_bugs_and_the_tested_application(tested_course: Course) -> None:
    files = kit_files(tested_course, 3)
    assert BUGS in files
    assert f"{CHECKS}/variants/second/app/greeting.py" in files
    assert "starter/step_3_testing/app/greeting.py" in files
    assert not any(
        "hidden" in path or "blank_name_greeted" in content.decode()
        for path, content in files.items()
        if path.startswith("checks/")
    )
