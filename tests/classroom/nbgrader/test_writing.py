"""`course nbgrader` writes a folder with starters only, and never over what an instructor changed."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from courseware.base.errors import UsageError
from courseware.base.tree import read_tree
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.classroom.nbgrader.writing import Written, write_course_folder
from courseware.course import Course
from courseware.course.stages import finish, step_files

SETTINGS = "nbgrader_config.py"
GREETING = "source/step_1_greeting/app/greeting.py"


def write(course: Course, folder: CourseFolder, *, force: bool = False) -> Written:
    return write_course_folder(course, folder.root, course_id="greeter", force=force)


def test_every_step_stands_under_source_as_the_workspace_has_it(course: Course, folder: CourseFolder) -> None:
    for step in course.steps:
        assert read_tree(folder.root / "source" / step.slug) == dict(sorted(step_files(course, step).items()))
    assert folder.course == course


def test_no_solution_and_no_check_is_in_the_folder(course: Course, folder: CourseFolder) -> None:
    written = {path: content for path, content in read_tree(folder.root).items() if path.endswith(".py")}
    of_step_1 = {path: content for path, content in written.items() if path.startswith("source/step_1")}
    solution = finish(course, 1)["app/greeting.py"]
    hidden = (course.step(1).hidden_checks_folder / "test_greeting_hidden.py").read_bytes()
    assert b"NotImplementedError" in of_step_1[GREETING]
    assert solution not in of_step_1.values()
    assert all(b"courseware.checking" not in content and hidden not in content for content in written.values())


def test_a_second_run_changes_nothing(course: Course, folder: CourseFolder) -> None:
    before = read_tree(folder.root)
    assert write(course, folder) == Written((), (), (), None)
    assert read_tree(folder.root) == before


def test_a_later_run_keeps_the_course_s_id_and_its_exchange(course: Course, tmp_path: Path) -> None:
    root, exchange = tmp_path / "class", tmp_path / "exchange"
    write_course_folder(course, root, course_id="contacts-2026", exchange=exchange)
    before = read_tree(root)
    assert write_course_folder(course, root) == Written((), (), (), None)
    assert read_tree(root) == before
    assert b'"contacts-2026"' in before[SETTINGS]
    assert exchange.stat().st_mode & 0o777 == 0o777
    changed = write_course_folder(course, root, course_id="contacts-2027")
    assert changed.written == (SETTINGS, "for_students/nbgrader_config.py")


def test_what_the_course_changed_is_brought_up_to_date(course: Course, folder: CourseFolder) -> None:
    (course.step(1).starter_folder / "app" / "greeting.py").write_text("new = True\n")
    (course.step(1).starter_folder / "app" / "added.py").write_text("added = True\n")
    assert set(write(course, folder).written) == {GREETING, "source/step_1_greeting/app/added.py"}
    (course.step(1).starter_folder / "app" / "added.py").unlink()
    assert write(course, folder).removed == ("source/step_1_greeting/app/added.py",)
    assert (folder.root / GREETING).read_text() == "new = True\n"
    assert not (folder.root / "source/step_1_greeting/app/added.py").exists()


def test_what_an_instructor_changed_is_kept_and_named(course: Course, folder: CourseFolder) -> None:
    (folder.root / SETTINGS).write_text("c = get_config()\n")
    (folder.root / GREETING).unlink()
    for _ in range(2):  # the second time it must not pass for ours
        assert write(course, folder).kept == (SETTINGS,)
    assert (folder.root / SETTINGS).read_text() == "c = get_config()\n"
    assert (folder.root / GREETING).exists()


def test_force_replaces_it_after_keeping_a_backup(course: Course, folder: CourseFolder) -> None:
    original = (folder.root / SETTINGS).read_text()
    (folder.root / SETTINGS).write_text("mine = True\n")
    written = write(course, folder, force=True)
    assert written.kept == ()
    assert written.backup is not None
    assert (written.backup / SETTINGS).read_text() == "mine = True\n"
    assert (folder.root / SETTINGS).read_text() == original
    assert replace(write(course, folder), backup=None) == Written((), (), (), None)


def test_a_file_of_the_instructor_s_own_where_a_new_one_would_go_is_kept(course: Course, folder: CourseFolder) -> None:
    own = folder.root / "source/step_1_greeting/app/added.py"
    own.write_text("mine = True\n")
    (course.step(1).starter_folder / "app" / "added.py").write_text("added = True\n")
    assert write(course, folder).kept == ("source/step_1_greeting/app/added.py",)
    assert own.read_text() == "mine = True\n"


def test_an_interrupted_run_is_finished_by_the_next(course: Course, folder: CourseFolder) -> None:
    path = folder.root / GREETING
    path.with_name("greeting.py.unfinished").write_text("half")
    path.unlink()
    assert write(course, folder).written == (GREETING,)


def test_a_folder_with_other_things_in_it_is_refused(course: Course, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("Dear Ada")
    with pytest.raises(UsageError, match="was not made by this command"):
        write_course_folder(course, tmp_path / "home", course_id="greeter")
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["letter.txt"]
    write_course_folder(course, tmp_path / "home", course_id="greeter", force=True)
    assert (tmp_path / "home" / "letter.txt").read_text() == "Dear Ada"
    assert (tmp_path / "home" / GREETING).is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["../class"], 0, "nbgrader generate_assignment step_1_greeting"),
        (["../class", "--course-id", "a/b"], 2, "The id of a course may contain"),
        (["."], 2, "was not made by this command"),
    ],
)
def test_the_command(course: Course, arguments: list[str], code: int, says: str) -> None:
    command = [sys.executable, "-m", "courseware", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course.root, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == code
    assert says in (done.stderr if code else done.stdout)


def test_the_command_for_programs(course: Course) -> None:
    command = [sys.executable, "-m", "courseware", "nbgrader", "../class", "--json"]
    done = subprocess.run(command, cwd=course.root, capture_output=True, encoding="utf-8", timeout=60, check=True)
    told = json.loads(done.stdout)
    assert SETTINGS in told["written"]
    assert Path(told["folder"], SETTINGS).is_file()
