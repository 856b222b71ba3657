"""`course start` says what it did and what comes next."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from courseware.course import Course
from courseware.course.stages import step_files

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
    assert "Your work is unchanged" in " ".join(done.stdout.split())
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


def test_carrying_forward_says_what_went_together(command: Command, solved: Path, course: Course) -> None:
    main = solved / "app" / "main.py"
    main.write_text(main.read_text().replace("is up", "answers"))

    done = command("start", "2", "--from-mine")

    assert done.returncode == 0
    assert "starts from your own step 1" in done.stdout
    assert "both in app/main.py" in done.stdout
    assert "answers" in (course.root / "workspace" / "step_2_clock" / "app" / "main.py").read_text()


def test_carrying_forward_says_so_where_the_step_before_was_not_seen_to_hold(command: Command, solved: Path) -> None:
    assert "Not all checks of step 1 have passed" in command("start", "2", "--from-mine").stdout
    command("check", "1", "--plain")
    assert "Not all checks of step 1 have passed" not in command("start", "2", "--from-mine", "--reset").stdout
    (solved / "app" / "main.py").write_text("mine = 1\n")
    assert "Not all checks of step 1 have passed" in command("start", "2", "--from-mine", "--reset").stdout


def test_carrying_forward_says_which_tasks_files_are_in_conflict(command: Command, solved: Path) -> None:
    (solved / "app" / "main.py").write_text("mine = 1\n")
    (solved / "app" / "clock.py").write_text("mine = 1\n")

    shown = [line.split() for line in command("start", "2", "--from-mine").stdout.splitlines()]

    assert ["app/clock.py", "task", "2.1"] in shown
    assert ["app/clock.py.step_2", "as", "step", "2", "has", "it"] in shown
    assert ["app/main.py", "no", "task", "of", "this", "step"] in shown


def test_a_verdict_reminds_of_what_is_left_to_decide(command: Command, solved: Path) -> None:
    (solved / "app" / "clock.py").write_text("mine = 1\n")
    command("start", "2", "--from-mine")
    sentence = 'Still to decide, between yours and what step 2 brings: "app/clock.py" (task 2.1)'

    assert sentence in " ".join(command("check", "2", "--plain").stdout.split())
    beside = solved.parent / "step_2_clock" / "app"
    (beside / "clock.py.step_2").unlink()
    (beside / "clock.py.step_2.merged").unlink()
    assert "Still to decide" not in command("check", "2", "--plain").stdout


def test_without_work_or_git_it_ends_with_2_and_a_sentence(command: Command, folder: Path, tmp_path: Path) -> None:
    for arguments, environment, sentence in (
        (("start", "1", "--from-mine"), {}, "Before step 1"),
        (("start", "2", "--from-mine"), {"PATH": str(tmp_path)}, "needs git"),
    ):
        done = command(*arguments, **environment)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert sentence in done.stderr
    assert not (folder.parent / "step_2_clock").exists()


def test_one_file_is_restored_and_the_version_of_the_student_is_kept(
    command: Command, solved: Path, course: Course
) -> None:
    (solved / "app" / "main.py").write_text("# broken\n")
    other = (solved / "app" / "greeting.py").read_bytes()

    done = command("start", "1", "--restore", "app/main.py")

    assert done.returncode == 0
    assert (solved / "app" / "main.py").read_bytes() == step_files(course, course.step(1))["app/main.py"]
    assert (solved / "app" / "greeting.py").read_bytes() == other
    kept = next((course.root / "workspace" / "backups").glob("step_1_greeting_*/app/main.py"))
    assert kept.read_text() == "# broken\n"
    assert kept.relative_to(course.root).as_posix() in done.stdout.replace("\n", "")


@pytest.mark.usefixtures("solved")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("app/mian.py",), "Step 1 hands out no file 'app/mian.py'. Similar files: app/main.py"),
        (("app/main.py", "--reset"), "goes with neither --reset nor --from-mine"),
    ],
)
def test_a_file_that_cannot_be_restored(command: Command, arguments: tuple[str, ...], said: str) -> None:
    done = command("start", "1", "--restore", *arguments)

    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
