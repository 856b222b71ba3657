"""Laying steps out: whole or not at all, and never over somebody's work."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from courseware.base.errors import UsageError
from courseware.base.tree import Tree, read_tree
from courseware.course import Course, load_course
from courseware.course.stages import start, step_files
from courseware.student.workspace import Workspace
from courseware.student.workspace import folder as folder_module


def everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_step_is_laid_out_with_project_notebook_and_lesson(workspace: Workspace, course: Course) -> None:
    laid_out = workspace.start(course.step(1))

    assert laid_out.folder == course.root / "workspace" / "step_1_greeting"
    assert laid_out.new
    assert everything(laid_out.folder) == {
        **start(course, 1),
        "step_1_greeting.ipynb": course.step(1).notebook.read_bytes(),
        "lesson/README.md": (course.step(1).lesson_folder / "README.md").read_bytes(),
        "lesson/examples/01_example.py": b'print("An example that runs alone.")\n',
    }


def test_starting_again_leaves_the_work_alone(workspace: Workspace, course: Course) -> None:
    mine = workspace.start(course.step(1)).folder / "app" / "greeting.py"
    mine.write_text("mine")

    again = workspace.start(course.step(1))

    assert not again.new
    assert mine.read_text() == "mine"


def test_reset_keeps_the_work_in_a_backup(workspace: Workspace, course: Course) -> None:
    folder = workspace.start(course.step(1)).folder
    (folder / "app" / "greeting.py").write_text("mine")

    backup = workspace.start(course.step(1), reset=True).backup

    assert backup is not None
    assert (backup / "app" / "greeting.py").read_text() == "mine"
    assert everything(folder) == step_files(course, course.step(1))


def test_two_resets_in_one_second_keep_both_backups(workspace: Workspace, course: Course) -> None:
    workspace.start(course.step(1))

    backups = {workspace.start(course.step(1), reset=True).backup for _ in range(3)}

    assert len(backups) == 3
    assert all(backup is not None and backup.is_dir() for backup in backups)


def test_a_file_in_the_place_of_the_folder_is_kept(workspace: Workspace, course: Course) -> None:
    folder = workspace.folder(course.step(1))
    folder.parent.mkdir()
    folder.write_text("a note")

    backup = workspace.start(course.step(1)).backup

    assert backup is not None
    assert backup.read_text() == "a note"


def test_an_empty_folder_is_no_work(workspace: Workspace, course: Course) -> None:
    workspace.folder(course.step(1)).mkdir(parents=True)

    laid_out = workspace.start(course.step(1))

    assert laid_out.new
    assert laid_out.backup is None


def test_an_interrupted_start_leaves_nothing(
    workspace: Workspace, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_half(_: Tree, folder: Path) -> None:
        (folder / "app").mkdir(parents=True)
        (folder / "app" / "main.py").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(folder_module, "write_tree", write_half)

    with pytest.raises(KeyboardInterrupt):
        workspace.start(course.step(1))

    assert not workspace.folder(course.step(1)).exists()
    assert [path.name for path in (workspace.root / ".course").iterdir()] == ["laying_out"]


def test_a_reset_that_fails_puts_the_work_back(
    workspace: Workspace, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace.start(course.step(1)).folder
    (folder / "app" / "greeting.py").write_text("mine")
    monkeypatch.setattr(folder_module, "write_tree", lambda *_: None)  # so there is nothing to move in

    with pytest.raises(FileNotFoundError):
        workspace.start(course.step(1), reset=True)

    assert (folder / "app" / "greeting.py").read_text() == "mine"


def test_what_a_killed_start_left_behind_is_removed(workspace: Workspace, course: Course) -> None:
    left = workspace.root / ".course" / "unfinished_abc" / "step_1_greeting" / "app"
    left.mkdir(parents=True)

    workspace.start(course.step(1))

    assert not left.exists()


def test_four_starts_at_once_lay_the_step_out_once(workspace: Workspace, course: Course) -> None:
    command = [sys.executable, "-m", "courseware", "start", "1"]
    processes = [subprocess.Popen(command, cwd=course.root, stdout=subprocess.DEVNULL) for _ in range(4)]

    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert everything(workspace.folder(course.step(1))) == step_files(course, course.step(1))
    assert not (workspace.root / "backups").exists()


def test_a_course_without_the_notebook_says_so(workspace: Workspace, course: Course) -> None:
    course.step(1).notebook.unlink()

    with pytest.raises(UsageError, match=r"step_1_greeting\.ipynb is missing"):
        workspace.start(course.step(1))

    assert not workspace.folder(course.step(1)).exists()


def test_a_lesson_without_examples_is_fine(workspace: Workspace, course: Course) -> None:
    shutil.rmtree(course.step(1).lesson_folder / "examples")

    folder = workspace.start(course.step(1)).folder

    assert [path.name for path in (folder / "lesson").iterdir()] == ["README.md"]


def test_the_step_worked_on_last_is_the_one_started_last(workspace: Workspace, course: Course) -> None:
    workspace.start(course.step(1))
    workspace.start(course.step(2))

    assert workspace.step(None).number == 2
    workspace.start(course.step(1))
    assert workspace.step(None).number == 1


def test_without_any_step_started_there_is_none_to_work_on(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="course start 1"):
        workspace.step(None)


def test_reading_alone_makes_no_folder(workspace: Workspace, course: Course) -> None:
    assert workspace.progress.current_step is None
    with pytest.raises(UsageError, match="not started yet"):
        workspace.submission(course.step(1))

    assert not workspace.root.exists()


def test_the_submission_is_the_project_without_the_lesson(workspace: Workspace, course: Course) -> None:
    workspace.start(course.step(1))

    assert dict(workspace.submission(course.step(1)).tree) == start(course, 1)


def test_the_submission_has_what_was_added_and_lacks_what_was_removed(workspace: Workspace, course: Course) -> None:
    folder = workspace.start(course.step(1)).folder
    (folder / "app" / "more.py").write_text("x = 1\n")
    (folder / "app" / "greeting.py").unlink()
    (folder / "scratch.ipynb").write_text("{}")

    tree = workspace.submission(course.step(1)).tree

    assert tree["app/more.py"] == b"x = 1\n"
    assert "app/greeting.py" not in tree
    assert "scratch.ipynb" not in tree


def test_the_real_course_can_be_laid_out() -> None:
    course = load_course(Path(__file__).parents[3])
    files = step_files(course, course.step(1))

    assert "lesson/README.md" in files
    assert read_tree(course.step(1).lesson_folder / "examples").keys() == {
        path.removeprefix("lesson/examples/") for path in files if path.startswith("lesson/examples/")
    }
