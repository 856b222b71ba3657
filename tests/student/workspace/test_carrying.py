"""`Workspace.start(..., from_mine=True)`: the next step begins from the student's own work, which itself stays."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from courseware.base.errors import UsageError
from courseware.base.merging import merge
from courseware.base.tree import read_tree, write_tree
from courseware.course import Course, load_course
from courseware.course.stages import finish, start, step_files
from courseware.judging.judgement import judge
from courseware.student.workspace import Workspace

REAL_COURSE = Path(__file__).parents[3]
OWN_GREETING = b'"""Mine."""\n\n\ndef greet(query):\n    return 200, {"greeting": "Hi"}\n'


@pytest.fixture
def mine(workspace: Workspace, course: Course) -> Path:
    """The folder of step 1, solved in another way than the reference."""
    folder = workspace.start(course.step(1)).folder
    (folder / "app" / "greeting.py").write_bytes(OWN_GREETING)
    return folder


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder with its mode."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_without_any_work_of_ones_own_it_is_the_step_as_handed_out(workspace: Workspace, course: Course) -> None:
    write_tree(finish(course, 1), workspace.start(course.step(1)).folder)

    laid_out = workspace.start(course.step(2), from_mine=True)

    assert read_tree(laid_out.folder) == step_files(course, course.step(2))
    assert laid_out.merge is not None
    assert laid_out.merge.conflicts == ()
    assert laid_out.merge.merged == ()


@pytest.mark.usefixtures("mine")
def test_own_work_goes_together_with_what_the_step_brings(workspace: Workspace, course: Course) -> None:
    laid_out = workspace.start(course.step(2), from_mine=True)

    assert laid_out.new
    assert read_tree(laid_out.folder) == {**step_files(course, course.step(2)), "app/greeting.py": OWN_GREETING}
    assert workspace.step(None).number == 2


def test_the_reference_is_the_base_that_gives_fewer_conflicts() -> None:
    """Measured on right designs of the real step 1 that are not the reference's, and on what step 2 really changes."""
    course = load_course(REAL_COURSE)
    reference, handed_out = finish(course, 1), start(course, 1)
    new = reference | read_tree(course.stages[1].starter_folder)
    conflicts = {"reference": 0, "handed out": 0}
    for alternative in (course.step(1).checks_folder / "alternatives").iterdir():
        mine = reference | read_tree(alternative)
        conflicts["reference"] += len(merge(reference, mine, new, 2).conflicts)
        conflicts["handed out"] += len(merge(handed_out, mine, new, 2).conflicts)

    assert conflicts["reference"] < conflicts["handed out"]


def test_the_step_is_worked_on_and_judged_like_any_other(workspace: Workspace, course: Course, mine: Path) -> None:
    write_tree(finish(course, 1), mine)
    (mine / "app" / "main.py").write_text((mine / "app" / "main.py").read_text().replace("is up", "answers"))

    folder = workspace.start(course.step(2), from_mine=True).folder
    (folder / "app" / "clock.py").write_bytes(finish(course, 2)["app/clock.py"])

    assert b"answers" in (folder / "app" / "main.py").read_bytes()
    verdict = judge(course, course.step(2), workspace.submission(course.step(2)).tree, sandbox="plain")
    assert verdict.held


def test_the_work_carried_forward_is_untouched(workspace: Workspace, course: Course, mine: Path) -> None:
    (mine / "app" / "main.py").write_text("mine\n")
    before = everything(mine)

    laid_out = workspace.start(course.step(2), from_mine=True)

    assert laid_out.merge is not None
    assert [conflict.path for conflict in laid_out.merge.conflicts] == ["app/main.py"]
    assert (laid_out.folder / "app" / "main.py").read_text() == "mine\n"
    assert (laid_out.folder / "app" / "main.py.step_2").read_bytes() == start(course, 2)["app/main.py"]
    assert everything(mine) == before


def test_what_was_added_and_deleted_stays_so(workspace: Workspace, course: Course, mine: Path) -> None:
    (mine / "app" / "web.py").unlink()
    added = {
        "conftest.py": b"",
        "scratch.ipynb": b"{}",
        "app/ein Ж.py": b"x = 1\r\n",
        "logo.png": b"\x89PNG\0\r\n",
        "-": b"x",
    }
    write_tree(added, mine)

    folder = workspace.start(course.step(2), from_mine=True).folder

    assert not (folder / "app" / "web.py").exists()
    assert {path: (folder / path).read_bytes() for path in added} == added


def test_a_name_that_is_no_text_comes_along(workspace: Workspace, course: Course, mine: Path) -> None:
    name = os.fsencode(mine) + b"/\xff\xfe\n"
    try:
        Path(os.fsdecode(name)).write_bytes(b"mine")
    except OSError:
        pytest.skip("this file system takes Unicode alone")

    folder = workspace.start(course.step(2), from_mine=True).folder

    assert (folder / os.fsdecode(b"\xff\xfe\n")).read_bytes() == b"mine"


def test_what_running_leaves_behind_and_the_old_lesson_stay(workspace: Workspace, course: Course, mine: Path) -> None:
    left = ["contacts.sqlite3", "app/__pycache__/main.pyc", ".venv/lib/site.py", "lesson/more.md"]
    write_tree(dict.fromkeys(left, b"x"), mine)

    folder = workspace.start(course.step(2), from_mine=True).folder

    assert [path for path in (*left, "step_1_greeting.ipynb") if (folder / path).exists()] == []
    assert (folder / "lesson" / "README.md").read_bytes() == (course.step(2).lesson_folder / "README.md").read_bytes()


def test_files_keep_their_modes(workspace: Workspace, course: Course, mine: Path) -> None:
    (mine / "run.sh").write_text("#!/bin/sh\n")
    (mine / "run.sh").chmod(0o755)
    main = mine / "app" / "main.py"
    main.write_bytes(main.read_bytes().replace(b"is up", b"answers"))
    main.chmod(0o444)

    folder = workspace.start(course.step(2), from_mine=True).folder

    assert stat.S_IMODE((folder / "run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((folder / "app" / "main.py").stat().st_mode) == 0o444


def test_a_step_that_was_begun_is_never_overwritten(workspace: Workspace, course: Course, mine: Path) -> None:
    folder = workspace.start(course.step(2)).folder
    (folder / "app" / "clock.py").write_text("mine")
    before = everything(folder)

    laid_out = workspace.start(course.step(2), from_mine=True)

    assert not laid_out.new
    assert laid_out.merge is None
    assert everything(folder) == before
    assert mine.is_dir()


def test_reset_keeps_a_backup_and_carries_forward_anew(workspace: Workspace, course: Course, mine: Path) -> None:
    folder = workspace.start(course.step(2), from_mine=True).folder
    (folder / "app" / "clock.py").write_text("mine")
    (mine / "app" / "more.py").write_text("written later")

    laid_out = workspace.start(course.step(2), reset=True, from_mine=True)

    assert laid_out.backup is not None
    assert (laid_out.backup / "app" / "clock.py").read_text() == "mine"
    assert (folder / "app" / "more.py").read_text() == "written later"
    assert (folder / "app" / "greeting.py").read_bytes() == OWN_GREETING


@pytest.mark.parametrize("kind", ["link to a file", "link to a folder", "broken link", "pipe"])
def test_what_is_no_file_is_refused(
    kind: str, workspace: Workspace, course: Course, mine: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.py").write_text("mine")
    targets = {"link to a file": "outside/a.py", "link to a folder": "outside", "broken link": "nothing"}
    if kind == "pipe":
        os.mkfifo(mine / "odd")
    else:
        (mine / "odd").symlink_to(tmp_path / targets[kind])

    with pytest.raises(UsageError, match="odd is a link or something else"):
        workspace.start(course.step(2), from_mine=True)

    assert not workspace.folder(course.step(2)).exists()


def test_before_step_1_there_is_nothing(workspace: Workspace, course: Course) -> None:
    with pytest.raises(UsageError, match="course start 1"):
        workspace.start(course.step(1), from_mine=True)
    assert not workspace.root.exists()


def test_a_step_that_was_not_begun_cannot_be_carried(workspace: Workspace, course: Course) -> None:
    with pytest.raises(UsageError, match="Step 1 was not begun here"):
        workspace.start(course.step(2), from_mine=True)
    assert not workspace.root.exists()


@pytest.mark.usefixtures("mine")
def test_without_the_reference_nothing_is_laid_out(workspace: Workspace, course: Course) -> None:
    """As in a kit, which leaves the solutions out."""
    shutil.rmtree(course.application_folder)

    with pytest.raises(UsageError, match="has no solutions"):
        workspace.start(course.step(2), from_mine=True)

    assert not workspace.folder(course.step(2)).exists()


@pytest.mark.usefixtures("mine")
def test_without_git_nothing_is_laid_out(
    workspace: Workspace, course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UsageError, match="needs git"):
        workspace.start(course.step(2), from_mine=True)

    assert not workspace.folder(course.step(2)).exists()
    assert workspace.start(course.step(2)).new
