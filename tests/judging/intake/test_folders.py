"""Submissions that are folders: what is taken, left out, refused."""

import os
from pathlib import Path

import pytest

from courseware.judging.intake import IntakeLimits, IntakeRefused, read_submission
from courseware.judging.intake.collecting import MIB


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project."""
    folder = tmp_path / "project"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "main.py").write_text("create_app = None\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    return folder


def test_files_are_taken_by_their_paths(project: Path) -> None:
    (project / "app" / "адреса.txt").write_text("Київ")
    submission = read_submission(project)
    assert submission.tree == {
        "app/main.py": b"create_app = None\n",
        "app/адреса.txt": "Київ".encode(),
        "pyproject.toml": b"[project]\n",
    }
    assert submission.dropped == ()
    assert submission.warnings == ()


def test_settings_caches_environments_and_databases_are_left_out(project: Path) -> None:
    files = [
        "conftest.py", "app/conftest.py", "pytest.ini", "sitecustomize.py", "usercustomize.py", "app/harm.pth",
        "test.db", "app/data.sqlite3", "app/data.sqlite3-journal", "other.sqlite", "test.db-wal", ".env", "._notes",
    ]  # fmt: skip
    folders = [".venv", "app/__pycache__", ".git", "node_modules"]
    for name in [*files, *(f"{folder}/inner/file" for folder in folders)]:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("harm")
    submission = read_submission(project)
    assert set(submission.tree) == {"app/main.py", "pyproject.toml"}
    assert sorted(submission.dropped) == sorted([*files, *folders])


def test_what_a_step_asks_for_is_kept(project: Path) -> None:
    (project / "conftest.py").write_text("")
    assert "conftest.py" in read_submission(project, keep=("conftest.py",)).tree


def test_an_environment_with_links_and_thousands_of_files_does_not_matter(project: Path) -> None:
    (project / ".venv").mkdir()
    (project / ".venv" / "python").symlink_to("/usr/bin/python3")
    for number in range(2500):
        (project / ".venv" / str(number)).touch()
    assert read_submission(project).dropped == (".venv",)


def link(project: Path) -> None:
    (project / "README.md").symlink_to("/etc/shadow")


def link_to_a_folder(project: Path) -> None:
    (project / "lib").symlink_to("/usr/lib")


def loop(project: Path) -> None:
    (project / "app" / "again").symlink_to(project)


def broken_link(project: Path) -> None:
    (project / "nothing").symlink_to("nowhere")


def pipe(project: Path) -> None:
    os.mkfifo(project / "pipe")


def deep(project: Path) -> None:
    here = os.open(project, os.O_RDONLY)
    for _ in range(1200):  # more than what walks recursively can bear
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def many(project: Path) -> None:
    for number in range(2500):
        (project / f"{number}.txt").touch()


def sparse(project: Path) -> None:
    with (project / "large").open("wb") as file:
        file.truncate(50 * 1024 * MIB)


def large_together(project: Path) -> None:
    for number in range(5):
        (project / f"{number}.bin").write_bytes(bytes(4 * MIB))


def newline(project: Path) -> None:
    (project / "a\nb.py").touch()


def escape(project: Path) -> None:
    (project / "a\x1b[2J.py").touch()


def not_unicode(project: Path) -> None:
    (project / os.fsdecode(b"caf\xe9.py")).touch()


def backslash(project: Path) -> None:
    (project / "app\\main.py").touch()


def case_clash(project: Path) -> None:
    (project / "App").mkdir()
    (project / "App" / "main.py").touch()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (link, '"README.md" is a link'),
        (link_to_a_folder, '"lib" is a link'),
        (loop, '"app/again" is a link'),
        (broken_link, '"nothing" is a link'),
        (pipe, '"pipe" is a link or something else that is no file'),
        (deep, "lies too deep"),
        (many, "more than 2000 files"),
        (sparse, '"large" is larger than 4 MiB'),
        (large_together, "larger than 16 MiB together"),
        (newline, r'The name "a\\nb.py" has characters'),
        (escape, r'The name "a\\x1b\[2J.py" has characters'),
        (not_unicode, "has characters"),
        (backslash, "has characters"),
        (case_clash, '"App" and "app" differ by capital letters only'),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_refused(project: Path, spoil: object, reason: str) -> None:
    assert callable(spoil)
    spoil(project)
    try:
        with pytest.raises(IntakeRefused, match=reason):
            read_submission(project)
    finally:
        if spoil is deep:  # pytest, which removes it later, walks recursively
            os.system(f"rm -rf '{project}'")  # noqa: S605


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntakeRefused, match="no files"):
        read_submission(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntakeRefused, match="is not there"):
        read_submission(tmp_path / "nothing")


def test_a_device_is_refused() -> None:
    with pytest.raises(IntakeRefused, match="neither a folder nor an archive"):
        read_submission(Path("/dev/zero"))


def test_limits_can_be_changed(project: Path) -> None:
    with pytest.raises(IntakeRefused, match="more than 2 files"):
        read_submission(project, limits=IntakeLimits(files=2))


@pytest.mark.parametrize(
    ("name", "module"),
    [("json.py", "json"), ("pydantic/__init__.py", "pydantic"), ("uvicorn.py", "uvicorn"), ("_ctypes.py", "_ctypes")],
)
def test_files_that_hide_a_library_are_told(project: Path, name: str, module: str) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).touch()
    (warning,) = read_submission(project).warnings
    assert warning.startswith(f'"{name}" hides the module {module},')


@pytest.mark.parametrize("name", ["app/json.py", "pydantic/env.py", "birds.py", "birds/__init__.py", "json.txt"])
def test_files_that_hide_nothing_are_not_told(project: Path, name: str) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).touch()
    assert read_submission(project).warnings == ()


def test_notebook_that_holds_large_outputs_is_left_out_and_refuses_nothing(project: Path) -> None:
    (project / "step.ipynb").write_bytes(b"0" * (5 * 1024 * 1024))
    submission = read_submission(project)
    assert submission.dropped == ("step.ipynb",)
    assert "step.ipynb" not in submission.tree
