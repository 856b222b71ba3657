"""A kit appears whole or not at all, is the same every time, and never takes the place of anything else."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from courseware.base.errors import UsageError
from courseware.base.tree import archive, read_archive
from courseware.classroom.kit import make_kit
from courseware.course import Course, load_course

Command = Callable[..., "subprocess.CompletedProcess[str]"]

# Becomes the command, which may write no file above a size.
WITH_LIMIT = """
import os, resource, sys
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
os.execv(sys.executable, [sys.executable, "-m", "courseware", *sys.argv[2:]])
"""
GREETING = "starter/step_1_greeting/app/greeting.py"


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything below a folder: when it was changed, and what is in it."""
    return {
        path.relative_to(folder).as_posix(): (
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }


def test_the_same_course_gives_the_same_bytes(course: Course, tmp_path: Path) -> None:
    first = make_kit(course, 1, tmp_path / "first" / "kit")
    moved = tmp_path / "elsewhere" / "course"
    shutil.copytree(course.root, moved)
    for path in moved.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o700)
    second = make_kit(load_course(moved), 1, tmp_path / "second" / "kit")
    assert first.zip_file.read_bytes() == second.zip_file.read_bytes()
    assert str(tmp_path).encode() not in first.zip_file.read_bytes()


def test_the_zip_file_holds_regular_files_in_one_folder(course: Course, tmp_path: Path) -> None:
    kit = make_kit(course, 1, tmp_path / "kit")
    with zipfile.ZipFile(kit.zip_file) as file:
        entries = file.infolist()
    assert [entry.filename for entry in entries] == [f"kit/{path}" for path in sorted(kit.files)]
    assert {entry.external_attr >> 16 for entry in entries} == {stat.S_IFREG | 0o644}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}


def test_every_program_can_unpack_it(course: Course, tmp_path: Path) -> None:
    kit = make_kit(course, 1, tmp_path / "kit")
    subprocess.run([sys.executable, "-m", "zipfile", "-e", kit.zip_file, tmp_path / "unpacked"], check=True)
    unpacked = tmp_path / "unpacked" / "kit"
    assert {path: (unpacked / path).read_bytes() for path in kit.files} == kit.files


def test_its_record_tells_every_file(course: Course, tmp_path: Path) -> None:
    kit = make_kit(course, 2, tmp_path / "kit")
    told = json.loads((kit.folder / "kit.json").read_bytes())
    assert (told["title"], told["steps"]) == ("The Greeter", 2)
    assert {*told["files"], "kit.json"} == set(kit.files)


def test_nothing_else_is_left_beside_it(course: Course, tmp_path: Path) -> None:
    make_kit(course, 1, tmp_path / "new" / "kit")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["kit", "kit.zip"]


def test_an_earlier_kit_is_replaced(course: Course, tmp_path: Path) -> None:
    make_kit(course, 2, tmp_path / "kit")
    (course.root / GREETING).write_text("# TODO: everything\n")
    kit = make_kit(course, 1, tmp_path / "kit")
    assert (kit.folder / GREETING).read_text() == "# TODO: everything\n"
    assert not (kit.folder / "lessons" / "step_2_clock").exists()
    assert read_archive(kit.zip_file, holding="kit.json") == kit.files
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course", "kit", "kit.zip"]


@pytest.mark.parametrize("lost", ["kit", "kit.zip"])
def test_a_kit_of_which_a_part_was_removed_is_made_anew(lost: str, course: Course, tmp_path: Path) -> None:
    make_kit(course, 1, tmp_path / "kit")
    before = (tmp_path / "kit.zip").read_bytes()
    shutil.rmtree(tmp_path / lost) if lost == "kit" else (tmp_path / lost).unlink()
    kit = make_kit(course, 1, tmp_path / "kit")
    assert kit.zip_file.read_bytes() == before
    assert (kit.folder / "README.md").exists()


def test_an_empty_folder_is_taken(course: Course, tmp_path: Path) -> None:
    (tmp_path / "kit").mkdir()
    assert (make_kit(course, 1, tmp_path / "kit").folder / "README.md").exists()


def other_folder(root: Path) -> None:
    (root / "kit").mkdir()
    (root / "kit" / "thesis.txt").write_text("years of work")


def file_of_the_name(root: Path) -> None:
    (root / "kit").write_text("a note")


def link_to_nothing(root: Path) -> None:
    (root / "kit").symlink_to(root / "nowhere")


def other_zip_file(root: Path) -> None:
    with zipfile.ZipFile(root / "kit.zip", "w") as file:
        file.writestr("kit/holidays.jpg", b"sea")


def no_zip_file_at_all(root: Path) -> None:
    (root / "kit.zip").write_bytes(b"PK or not")


def folder_of_the_zip_files_name(root: Path) -> None:
    (root / "kit.zip").mkdir()


def link_to_another_zip_file(root: Path) -> None:
    (root / "kit.zip").symlink_to(root / "nowhere.zip")


def forged_record(root: Path) -> None:
    (root / "kit").mkdir()
    (root / "kit" / "kit.json").write_text("[]")


OTHER_THINGS = [
    other_folder, file_of_the_name, link_to_nothing, other_zip_file, no_zip_file_at_all,
    folder_of_the_zip_files_name, link_to_another_zip_file, forged_record,
]  # fmt: skip


@pytest.mark.parametrize("prepare", OTHER_THINGS)
def test_what_it_did_not_make_stays(prepare: Callable[[Path], None], course: Course, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    prepare(place)
    before = state(place)
    with pytest.raises(UsageError, match="Name a new"):
        make_kit(course, 1, place / "kit")
    assert state(place) == before


def student_work(kit: Path) -> None:
    (kit / "workspace").mkdir()
    (kit / "workspace" / "greeting.py").write_text("# an hour of work")


def changed_file(kit: Path) -> None:
    (kit / "README.md").write_text("Dear students,")


def removed_file(kit: Path) -> None:
    (kit / "README.md").unlink()


def link_for_a_file(kit: Path) -> None:
    (kit / "README.md").rename(kit.parent / "elsewhere")
    (kit / "README.md").symlink_to(kit.parent / "elsewhere")


def link_for_a_folder(kit: Path) -> None:
    (kit / "more").symlink_to(kit.parent)


@pytest.mark.parametrize("change", [student_work, changed_file, removed_file, link_for_a_file, link_for_a_folder])
def test_a_kit_that_somebody_changed_stays(change: Callable[[Path], None], course: Course, tmp_path: Path) -> None:
    place = tmp_path / "place"
    make_kit(course, 1, place / "kit")
    change(place / "kit")
    before = state(place)
    with pytest.raises(UsageError, match="not as this command left it"):
        make_kit(course, 1, place / "kit")
    assert state(place) == before


def test_a_zip_file_that_somebody_changed_stays(course: Course, tmp_path: Path) -> None:
    kit = make_kit(course, 1, tmp_path / "kit")
    kit.zip_file.write_bytes(archive({**kit.files, "README.md": b"Dear students,"}, "kit"))
    before = state(kit.folder)
    with pytest.raises(UsageError, match=r"kit\.zip was not made"):
        make_kit(course, 1, tmp_path / "kit")
    assert state(kit.folder) == before


def test_the_course_itself_is_never_replaced(course: Course, tmp_path: Path) -> None:
    before = state(tmp_path)
    with pytest.raises(UsageError, match="was not made by this command"):
        make_kit(course, 1, course.root)
    assert {path: found for path, found in state(tmp_path).items() if "__pycache__" not in path} == before


def test_a_disk_that_is_full_in_the_middle_leaves_the_earlier_kit(course: Course, tmp_path: Path) -> None:
    place = tmp_path / "place"
    kit = make_kit(course, 1, place / "kit")
    before = state(place)
    (course.root / GREETING).write_text("# TODO: everything\n")
    # Every file of the kit is smaller than that, but not the zip file.
    limit = max(len(content) for content in kit.files.values()) * 2
    assert limit < kit.zip_file.stat().st_size
    done = subprocess.run(
        [sys.executable, "-c", WITH_LIMIT, str(limit), "kit", str(place / "kit"), "--steps", "1"],
        cwd=course.root,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("File too large.\n")
    assert state(place) == before


def test_the_command_says_what_it_made(command: Command, course: Course, tmp_path: Path) -> None:
    done = command(course.root, "kit", str(tmp_path / "kit"), "--steps", "1", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["folder"], told["zip"]) == (str(tmp_path / "kit"), str(tmp_path / "kit.zip"))
    assert "kit.json" in told["files"]

    again = command(course.root, "kit", str(tmp_path / "kit"), "--steps", "1")
    assert again.returncode == 0
    assert "no hidden check" in again.stdout
    assert str(tmp_path / "kit.zip") in again.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["kit"], "--steps 1 for the first"),
        (["kit", "--steps", "3"], "a kit may have 1 to 2"),
        (["kit", "--steps", "0"], "a kit may have 1 to 2"),
        (["kit", "--steps", "one"], "valid integer"),
        (["lessons", "--steps", "1"], "was not made by this command"),
    ],
)
def test_wrong_use_is_one_sentence(arguments: list[str], sentence: str, command: Command, course: Course) -> None:
    done = command(course.root, "kit", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (course.root / "kit").exists()


def test_outside_of_a_course_it_says_where_to_go(command: Command, tmp_path: Path) -> None:
    done = command(tmp_path, "kit", "kit")
    assert done.returncode == 2
    assert done.stderr.startswith("No course here")
