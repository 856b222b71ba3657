"""Whatever was handed in, nbgrader can copy and read it afterwards, and nothing is lost or leaked."""

import json
import os
from pathlib import Path

import pytest

from courseware.base.tree import read_tree, write_tree
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.classroom.nbgrader.submissions import REFUSAL, SECRET, TIMESTAMP, make_safe, project_in
from courseware.judging.intake import IntakeRefused

SLUG = "step_1_greeting"
NOTEBOOK = f"{SLUG}.ipynb"


@pytest.fixture
def submission(folder: CourseFolder) -> Path:
    """Ada's submission: the starter as it was handed out."""
    place = folder.submission("ada", SLUG)
    write_tree(read_tree(folder.root / "source" / SLUG), place)
    return place


def set_aside(folder: CourseFolder) -> list[str]:
    """The names of what was set aside of Ada's."""
    return sorted(path.name for place in (folder.own / "set_aside").glob("ada/*/*") for path in place.iterdir())


def is_plain(submission: Path) -> bool:
    """Whether there are ordinary files and folders only."""
    return all(not path.is_symlink() and (path.is_file() or path.is_dir()) for path in submission.rglob("*"))


def test_a_good_submission_gets_nbgrader_s_two_files_and_stays_as_it_is(folder: CourseFolder, submission: Path) -> None:
    before = read_tree(submission)
    for path in submission.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    make_safe(folder, "ada", SLUG)
    after = read_tree(submission)
    assert after.pop(TIMESTAMP) == b"2023-11-14 22:13:20 UTC"
    assert len(after.pop(SECRET)) == 128
    assert after == before


def test_what_is_judged_is_the_project_alone(folder: CourseFolder, submission: Path) -> None:
    make_safe(folder, "ada", SLUG)
    (submission / "app" / "extra.py").write_text("more = 1\n")
    assert sorted(project_in(folder, "ada", folder.course.step(1)).tree) == [
        "app/__init__.py",
        "app/extra.py",
        "app/greeting.py",
        "app/main.py",
        "app/web.py",
    ]


def test_files_that_are_there_already_are_left_alone(folder: CourseFolder, submission: Path) -> None:
    (submission / TIMESTAMP).write_text("2026-11-20 18:00:00 UTC")
    (submission / SECRET).write_text("secret")
    make_safe(folder, "ada", SLUG)
    make_safe(folder, "ada", SLUG)
    assert (submission / TIMESTAMP).read_text() == "2026-11-20 18:00:00 UTC"
    assert (submission / SECRET).read_text() == "secret"
    assert set_aside(folder) == []


@pytest.mark.parametrize("content", [b"yesterday", b"", b"\xff", b"9999999999999-01-01 00:00:00 UTC"])
def test_a_timestamp_that_nbgrader_cannot_read_is_replaced(
    folder: CourseFolder, submission: Path, content: bytes
) -> None:
    (submission / TIMESTAMP).write_bytes(content)
    make_safe(folder, "ada", SLUG)
    assert (submission / TIMESTAMP).read_text().endswith(" UTC")
    assert (submission / TIMESTAMP).read_bytes() != content
    assert set_aside(folder) == [TIMESTAMP]


def test_links_are_set_aside_unread(folder: CourseFolder, submission: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("password = 1\n")
    (submission / "app" / "stolen.py").symlink_to(secret)
    make_safe(folder, "ada", SLUG)
    assert is_plain(submission)
    assert '"app/stolen.py" is a link' in (submission / REFUSAL).read_text()
    assert set_aside(folder) == ["app", "lesson"]
    assert b"password" not in b"".join(read_tree(submission).values())
    with pytest.raises(IntakeRefused, match=r'"app/stolen\.py" is a link'):
        project_in(folder, "ada", folder.course.step(1))


def test_links_in_files_that_are_left_out_anyhow_are_no_way_round(folder: CourseFolder, submission: Path) -> None:
    (submission / "conftest.py").symlink_to("/dev/zero")
    (submission / "app" / "other.ipynb").symlink_to(folder.root)
    make_safe(folder, "ada", SLUG)
    assert is_plain(submission)
    assert not (submission / REFUSAL).exists()
    assert set_aside(folder) == ["app", "conftest.py"]


def test_a_refusal_stays_until_something_new_is_handed_in(folder: CourseFolder, submission: Path) -> None:
    os.mkfifo(submission / "app" / "pipe")
    make_safe(folder, "ada", SLUG)
    first = read_tree(submission)
    make_safe(folder, "ada", SLUG)
    assert read_tree(submission) == first
    assert is_plain(submission)


def test_a_huge_file_is_set_aside_and_the_answers_in_words_are_kept(folder: CourseFolder, submission: Path) -> None:
    with (submission / "film.bin").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    notebook = (submission / NOTEBOOK).read_bytes()
    make_safe(folder, "ada", SLUG)
    assert '"film.bin" is larger than 4 MiB' in (submission / REFUSAL).read_text()
    assert (submission / NOTEBOOK).read_bytes() == notebook
    assert "film.bin" in set_aside(folder)


def test_an_empty_submission_has_no_project_and_a_notebook_that_says_so(folder: CourseFolder) -> None:
    make_safe(folder, "ada", SLUG)
    place = folder.submission("ada", SLUG)
    with pytest.raises(IntakeRefused, match=r"No project was found\. These files came: none\."):
        project_in(folder, "ada", folder.course.step(1))
    assert "No notebook was handed in." in (place / NOTEBOOK).read_text()
    assert set_aside(folder) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"nbformat": 4, "nbformat_minor": 5}',
        b'{"cells": [{"cell_type": "spell"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        b"[" * 100_000,
    ],
    ids=["empty", "half", "list", "null", "no UTF-8", "no cells", "odd cell", "deep"],
)
def test_a_damaged_notebook_is_replaced_and_the_files_are_judged(
    folder: CourseFolder, submission: Path, content: bytes
) -> None:
    (submission / NOTEBOOK).write_bytes(content)
    make_safe(folder, "ada", SLUG)
    cells = json.loads((submission / NOTEBOOK).read_text())["cells"]
    assert "it is damaged" in cells[0]["source"][0]
    assert [cell["id"] for cell in cells[-3:]] == ["task_1_1", "task_1_2", "question_1_a"]
    assert (submission / f"{NOTEBOOK}.txt").read_bytes() == content
    assert "app/greeting.py" in project_in(folder, "ada", folder.course.step(1)).tree


def test_a_notebook_that_is_a_link_is_never_read(folder: CourseFolder, submission: Path, tmp_path: Path) -> None:
    (tmp_path / "private.ipynb").write_bytes((submission / NOTEBOOK).read_bytes().replace(b"greeting", b"private"))
    (submission / NOTEBOOK).unlink()
    (submission / NOTEBOOK).symlink_to(tmp_path / "private.ipynb")
    make_safe(folder, "ada", SLUG)
    assert is_plain(submission)
    assert b"private" not in (submission / NOTEBOOK).read_bytes()


def test_nbgrader_s_files_cannot_be_links_either(folder: CourseFolder, submission: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("2020-01-01 00:00:00 UTC")
    (submission / TIMESTAMP).symlink_to(tmp_path / "elsewhere")
    make_safe(folder, "ada", SLUG)
    assert is_plain(submission)
    assert "2020" not in (submission / TIMESTAMP).read_text()
