"""`course start` says what it did and what comes next."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from courseware.course import Course

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def test_it_says_where_the_step_is_and_how_to_go_on(command: Command, course: Course) -> None:
    done = command("start", "1")

    assert done.returncode == 0
    assert "workspace/step_1_greeting/" in done.stdout
    assert [verb for verb in ("lab", "check", "watch") if f"course {verb} 1" not in done.stdout] == []
    assert (course.root / "workspace" / "step_1_greeting" / "app" / "main.py").is_file()


def test_it_says_that_work_is_left_alone(command: Command, solved: Path) -> None:
    before = (solved / "app" / "greeting.py").read_bytes()

    done = command("start", "1")

    assert done.returncode == 0
    assert "your work is untouched" in " ".join(done.stdout.split())
    assert (solved / "app" / "greeting.py").read_bytes() == before


def test_it_says_where_the_backup_is(command: Command, solved: Path, course: Course) -> None:
    before = (solved / "app" / "greeting.py").read_bytes()

    done = command("start", "1", "--reset")

    name = next(word for word in done.stdout.split() if word.startswith("workspace/backups/")).rstrip("./")
    assert (course.root / name / "app" / "greeting.py").read_bytes() == before
    assert (solved / "app" / "greeting.py").read_bytes() != before


def test_it_can_be_run_from_within_the_course(command: Command, folder: Path) -> None:
    assert command("start", "2", cwd=folder / "app").returncode == 0
    assert (folder.parent / "step_2_clock" / "app").is_dir()
