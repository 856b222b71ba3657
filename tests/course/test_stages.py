"""The application before and after each step."""

import shutil
from pathlib import Path

from courseware.base.tree import read_tree, write_tree
from courseware.course import Course, load_course
from courseware.course.stages import finish, start

COURSE = load_course(Path(__file__).parent.parent / "miniature_course")
SOLUTIONS, STARTER = COURSE.root / "solutions", COURSE.root / "starter"


def test_last_step_leaves_the_finished_application() -> None:
    assert finish(COURSE, 2) == read_tree(COURSE.application_folder)


def test_earlier_step_has_its_own_copy_and_nothing_that_a_later_one_adds() -> None:
    tree = finish(COURSE, 1)
    assert tree["app/main.py"] == (SOLUTIONS / "superseded/after_step_1/app/main.py").read_bytes()
    assert "app/greeting.py" in tree
    assert "app/clock.py" not in tree


def test_what_a_planned_step_brings_is_in_the_finished_application_alone(tmp_path: Path) -> None:
    shutil.copytree(COURSE.root, tmp_path / "course", ignore=shutil.ignore_patterns("workspace"))
    planned = tmp_path / "course" / "lessons" / "step_3_tests" / "lesson.toml"
    planned.parent.mkdir()
    planned.write_text('title = "Tests"\nminutes = 5\nadds = ["tests/**"]\n')
    written = {"tests/test_clock.py": b"pass\n", "tests/unit/test_greeting.py": b"pass\n"}
    write_tree(written, tmp_path / "course" / "solutions" / "greeter")
    course = load_course(tmp_path / "course")
    assert finish(course, 2) == finish(COURSE, 2)
    assert finish(course, 3) == finish(COURSE, 2) | written


def test_a_number_that_no_step_has_stands_for_the_step_before(course: Course) -> None:
    (course.root / "lessons/step_2_clock").rename(course.root / "lessons/step_99_clock")
    course = load_course(course.root)
    assert finish(course, 1) == finish(course, 98) == finish(COURSE, 1)
    assert finish(course, 99) == finish(COURSE, 2)


def test_base_comes_before_the_first_step() -> None:
    tree = finish(COURSE, 0)
    assert tree["app/main.py"] == (SOLUTIONS / "superseded/after_step_0/app/main.py").read_bytes()
    assert "app/greeting.py" not in tree
    assert tree["app/web.py"] == (SOLUTIONS / "greeter/app/web.py").read_bytes()


def test_start_is_the_step_before_under_what_is_given_and_the_starter() -> None:
    tree = start(COURSE, 2)
    assert tree["app/main.py"] == finish(COURSE, 2)["app/main.py"] != finish(COURSE, 1)["app/main.py"]
    assert tree["app/clock.py"] == (STARTER / "step_2_clock/app/clock.py").read_bytes()
    assert tree["app/greeting.py"] == finish(COURSE, 1)["app/greeting.py"]


def test_what_running_leaves_behind_is_no_part_of_a_project(tmp_path: Path) -> None:
    written = {"app/main.py": b"pass\n", "README.md": b"# A project\n"}
    left = {"app/__pycache__/main.pyc": b"", ".venv/bin/python": b"", "contacts.sqlite3": b"", ".env": b"SECRET=1"}
    write_tree(written | left, tmp_path)
    assert read_tree(tmp_path) == written


def test_writing_keeps_other_files(tmp_path: Path) -> None:
    write_tree({"notes.txt": b"mine"}, tmp_path)
    write_tree({"app/main.py": b"pass\n"}, tmp_path)
    assert read_tree(tmp_path) == {"app/main.py": b"pass\n", "notes.txt": b"mine"}
