"""A second course in the same repository: own application and slugs, no base before step 1, no migrations."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from traitlets.config import Config

from courseware.author import claims, faults, prove
from courseware.base.tree import read_tree, write_tree
from courseware.classroom.export import graded_steps
from courseware.classroom.export.gradescope import autograder_zip
from courseware.classroom.export.junit import junit_files
from courseware.classroom.kit import make_kit
from courseware.classroom.nbgrader import CourseFolder, configure
from courseware.classroom.nbgrader.writing import write_course_folder
from courseware.course import Course, find_course, load_course
from courseware.course.stages import finish, start
from courseware.student.workspace import Workspace

SECOND = Path(__file__).parent.parent / "second_course"
SECONDS = 300
PACKAGE = ["calculator/__init__.py", "calculator/operations/__init__.py", "calculator/web.py"]
SUM, PRODUCT = "calculator/operations/sum.py", "calculator/operations/product.py"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A copy of the second course."""
    root = tmp_path / "course"
    shutil.copytree(SECOND, root, ignore=shutil.ignore_patterns("workspace", "__pycache__"))
    return load_course(root)


def run(folder: Path, *arguments: str, code: int = 0, program: str = "courseware") -> str:
    """Run a command in a folder, make sure of its exit code, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", program, *arguments],
        cwd=folder,
        env={**os.environ, "HOME": str(folder.parent), "JUPYTER_NO_CONFIG": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_it_is_found_inside_the_repository_of_the_first() -> None:
    course = find_course(SECOND / "lessons" / "product")
    assert course.root == SECOND
    assert [(step.number, step.slug) for step in course.steps] == [(1, "intro_sum"), (2, "product")]


def test_nothing_comes_before_its_first_step(course: Course) -> None:
    assert not (course.root / "solutions/superseded").exists()
    assert finish(course, 0) == {}
    assert list(start(course, 1)) == sorted([*PACKAGE, SUM])
    assert list(start(course, 2)) == list(finish(course, 2)) == sorted([*PACKAGE, SUM, PRODUCT])


def test_it_is_verified(course: Course) -> None:
    assert list(faults(course, course.steps)) == []
    findings = list(prove(course.root, list(claims(course, course.steps)), jobs=2, sandbox="plain", seed=None))
    assert len(findings) == 10
    assert [finding for finding in findings if not finding.holds] == []


def test_a_student_works_on_its_steps(course: Course) -> None:
    work = Workspace(course).root
    run(course.root, "start", "1")
    assert {"intro_sum.ipynb", "lesson/examples/01_sum.py", SUM} <= read_tree(work / "intro_sum").keys()
    run(work / "intro_sum", "check", "1", "1.1", "--plain", code=1)
    write_tree(finish(course, 1), work / "intro_sum")
    run(work / "intro_sum", "check", "--plain")
    run(work, "start", "2", "--from-mine")
    assert read_tree(work / "product")[SUM] == finish(course, 1)[SUM]
    write_tree({PRODUCT: finish(course, 2)[PRODUCT]}, work / "product")
    run(work / "product", "check", "--plain")


def test_a_kit_of_it_is_worked_on_with_the_engine_in_it(course: Course, tmp_path: Path) -> None:
    kit = make_kit(course, 2, tmp_path / "kit")
    shutil.unpack_archive(kit.zip_file, tmp_path / "home")
    home = tmp_path / "home" / "kit"
    command = [sys.executable, "-m", "courseware", "start", "1"]
    subprocess.run(command, cwd=home, env={**os.environ, "PYTHONPATH": str(home / "src")}, check=True)
    work = home / "workspace" / "intro_sum"
    write_tree(finish(course, 1), work)
    assert json.loads(run(work, "check", "--plain", "--json"))["title"] == "Sum"
    assert "hidden" not in "".join(kit.files)


def test_gradescope_s_autograder_holds_what_judges_it(course: Course, tmp_path: Path) -> None:
    (tmp_path / "autograder.zip").write_bytes(autograder_zip(course, course.step(2), plain=False))
    shutil.unpack_archive(tmp_path / "autograder.zip", tmp_path / "autograder")
    assert load_course(tmp_path / "autograder" / "course").step(2).slug == "product"
    assert (tmp_path / "autograder/course/checks/product/test_product.py").is_file()


@pytest.mark.bubblewrap
def test_a_submission_is_graded_in_its_nbgrader_folder(course: Course, tmp_path: Path) -> None:
    write_course_folder(course, tmp_path / "class")
    folder = CourseFolder(tmp_path / "class")
    run(folder.root, "generate_assignment", "intro_sum", program="nbgrader")
    released = read_tree(folder.root / "release" / "intro_sum")
    write_tree({**released, SUM: b"calculate = max\n"}, folder.submission("ada", "intro_sum"))
    write_tree({**released, **finish(course, 1)}, folder.submission("bob", "intro_sum"))

    graded = json.loads(run(tmp_path, "grade", str(folder.root), "--json"))

    points = {student["student"]: student["points"] for student in graded[0]["students"]}
    assert points == {"ada": 0, "bob": 5}
    exported = [path for path, _ in junit_files(graded_steps(folder))]
    assert exported == ["intro_sum/ada.xml", "intro_sum/bob.xml"]


def test_an_archive_may_be_named_after_a_step_of_it(course: Course, tmp_path: Path) -> None:
    write_course_folder(course, tmp_path / "class")
    c = Config()
    configure(c, tmp_path / "class")
    place = "/class/downloaded/intro_sum/extracted/ada_intro_sum/calculator/web.py"
    found = re.match(c.FileNameCollectorPlugin.named_regexp, place)
    assert found is not None
    assert found.groupdict() == {"student_id": "ada", "file_id": "calculator/web.py"}
