"""A step whose submission holds tests, their conftest.py, and files that are no Python."""

import io
import os
import shutil
import stat
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from courseware.base.tree import archive, digest, read_tree, write_tree
from courseware.classroom.export.gradescope import autograder_zip
from courseware.classroom.export.gradescope import main as judge_on_gradescope
from courseware.classroom.kit import make_kit
from courseware.cli.program import run
from courseware.course import Course, load_course
from courseware.course.stages import finish, start
from courseware.judging.intake import read_project
from courseware.judging.judgement import judge
from courseware.student.workspace import Workspace

ASKED_FOR = ["conftest.py", "tests/conftest.py"]
DEPLOYMENT = [
    ".dockerignore", ".env.example", ".github/workflows/ci.yml", "Dockerfile", "docker-compose.yml", "docs/logo.png",
    "render.yaml", "start.sh", "tests/test_clock.py",
]  # fmt: skip
LEFT_BEHIND = {
    ".env": b"SECRET=1\n",
    ".coverage": b"",
    "tests/__pycache__/conftest.pyc": b"",
    "tests/.pytest_cache/conftest.py": b"",
}


@pytest.fixture
def course(deployment_course: Course) -> Course:
    return deployment_course


@pytest.fixture
def project(course: Course) -> dict[str, bytes]:
    """The reference of step 2."""
    return finish(course, 2)


def test_its_files_come_with_the_step(course: Course, project: dict[str, bytes]) -> None:
    assert {*ASKED_FOR, *DEPLOYMENT} <= project.keys()
    assert start(course, 2).keys() == project.keys()
    assert start(course, 2)["Dockerfile"] == b"# TODO\n"
    assert {*ASKED_FOR, *DEPLOYMENT}.isdisjoint(finish(course, 1))


def test_they_are_laid_out_and_handed_in(course: Course, project: dict[str, bytes]) -> None:
    workspace, step = Workspace(course), course.step(2)
    folder = workspace.start(step).folder
    assert workspace.submission(step).tree == start(course, 2)
    write_tree({**project, **LEFT_BEHIND}, folder)
    submission = workspace.submission(step)
    assert submission.tree == project
    assert submission.dropped == ()


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
def test_they_are_taken_out_of_an_archive(
    course: Course, project: dict[str, bytes], tmp_path: Path, ending: str
) -> None:
    project["pyproject.toml"] = b"[project]\n"
    path = tmp_path / f"ada{ending}"
    if ending == ".zip":
        path.write_bytes(archive({**project, **LEFT_BEHIND}, "ada"))
    else:
        with tarfile.open(path, "w:gz") as file:
            for name, content in {**project, **LEFT_BEHIND}.items():
                entry = tarfile.TarInfo(f"ada/{name}")
                entry.size = len(content)
                file.addfile(entry, io.BytesIO(content))
    submission = read_project(path, course.step(2))
    assert digest(submission.tree) == digest(project)


def test_settings_of_pytest_are_dropped_where_the_step_does_not_ask_for_them(course: Course, tmp_path: Path) -> None:
    others = ["app/conftest.py", "pytest.ini", "tests/sitecustomize.py", "tests/x.pth", "tests/more.ipynb"]
    settings = [*ASKED_FOR, "tests/unit/conftest.py", "tests/unit/pytest.ini"]
    write_tree(dict.fromkeys(["app/main.py", *settings, *others], b""), tmp_path / "work")

    second = read_project(tmp_path / "work", course.step(2))
    assert sorted(second.tree) == sorted(["app/main.py", *settings])
    assert list(second.dropped) == ["app/conftest.py", "pytest.ini", "tests/sitecustomize.py", "tests/x.pth"]

    first = read_project(tmp_path / "work", course.step(1))
    assert sorted(first.tree) == ["app/main.py"]
    assert list(first.dropped) == sorted([*second.dropped, *settings])


@pytest.mark.parametrize("number", [1, 2])
def test_the_judge_never_runs_what_is_handed_in_for_pytest(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The checks run outside the project, even where the command is run inside it and without a sandbox."""
    step, workspace = course.step(number), Workspace(course)
    folder = workspace.start(step).folder
    harm = f"from pathlib import Path\nPath({str(tmp_path / 'was_run')!r}).touch()\nraise SystemExit\n".encode()
    settings = b"[pytest]\naddopts = --no-such-option\npython_files = nothing.py\n"
    hostile = {"conftest.py": harm, "tests/conftest.py": harm, "checks/conftest.py": harm, "pytest.ini": settings}
    write_tree({**finish(course, number), **hostile}, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", ["", *sys.path])

    assert run(["check", str(number), "--plain"]) == 0

    assert not (tmp_path / "was_run").exists()
    tree = workspace.submission(step).tree
    assert [path for path in hostile if path in tree] == (ASKED_FOR if number == 2 else [])
    assert judge(course, step, tree, sandbox="plain").submission == digest(tree)


def test_own_files_are_carried_into_the_step(course: Course) -> None:
    workspace = Workspace(course)
    mine = workspace.start(course.step(1)).folder
    own = {".github/workflows/ci.yml": b"on: pull_request\n", ".gitignore": b".env\n", "run.sh": b"#!/bin/sh\n"}
    write_tree({**finish(course, 1), **own, **LEFT_BEHIND}, mine)
    (mine / "run.sh").chmod(0o755)

    laid_out = workspace.start(course.step(2), from_mine=True)

    assert laid_out.merge is not None
    assert [conflict.path for conflict in laid_out.merge.conflicts] == [".github/workflows/ci.yml"]
    handed_in = workspace.submission(course.step(2)).tree
    beside = {f".github/workflows/ci.yml{ending}" for ending in (".step_2", ".step_2.merged")}
    assert handed_in.keys() - beside == start(course, 2).keys() | own.keys()
    assert handed_in.items() >= own.items()
    assert stat.S_IMODE((laid_out.folder / "run.sh").stat().st_mode) == 0o755


def test_they_are_in_a_kit(course: Course, tmp_path: Path) -> None:
    kit = make_kit(course, 2, tmp_path / "kit")
    with zipfile.ZipFile(kit.zip_file) as file:
        assert {f"kit/starter/step_2_clock/{path}" for path in (*ASKED_FOR, *DEPLOYMENT)} <= set(file.namelist())
    copy = load_course(kit.folder)
    folder = Workspace(copy).start(copy.step(2)).folder
    assert read_project(folder, copy.step(2)).tree == start(course, 2)


@pytest.mark.bubblewrap
def test_gradescope_s_autograder_judges_them(course: Course, project: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "autograder.zip").write_bytes(autograder_zip(course, course.step(2), plain=False))
    shutil.unpack_archive(tmp_path / "autograder.zip", tmp_path / "autograder" / "source")
    write_tree({**project, **LEFT_BEHIND}, tmp_path / "autograder" / "submission")
    assert judge_on_gradescope(tmp_path / "autograder") == 0
    results = (tmp_path / "autograder" / "results" / "results.json").read_text()
    assert digest(project) in results


def test_a_shell_script_of_the_course_is_laid_out_as_a_plain_file(course: Course) -> None:
    """A project is a tree of contents: a deployment runs `sh start.sh`."""
    (course.application_folder / "start.sh").chmod(0o755)
    folder = Workspace(course).start(course.step(2)).folder
    assert not os.access(folder / "start.sh", os.X_OK)
    assert read_tree(folder)["start.sh"].startswith(b"#!/bin/sh")
