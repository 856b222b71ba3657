"""`course hint`, `course status` and `course solution`: what they show depends on what was done before."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from courseware.course import Course
from courseware.course.stages import finish, start
from courseware.student.workspace import Workspace

Command = Callable[..., "subprocess.CompletedProcess[str]"]
HINTS = ["Look at the route.", "Return a pair.", "Return 200 and a greeting."]


def hints(command: Command, check: str = "greets") -> Any:
    return json.loads(command("hint", check, "--json").stdout)


@pytest.mark.usefixtures("workspace")
def test_each_call_gives_one_more_hint_and_then_the_last_again(command: Command) -> None:
    assert [hints(command)["hints"] for _ in range(4)] == [HINTS[:1], HINTS[:2], HINTS, HINTS]


@pytest.mark.usefixtures("workspace")
def test_the_hint_that_came_with_the_failure_counts(command: Command) -> None:
    command("check", "1", "--plain")

    assert hints(command) == {"check": "greets", "hints": HINTS[:2], "of": 3}


@pytest.mark.usefixtures("workspace")
def test_a_hint_of_another_step_is_found(command: Command) -> None:
    assert hints(command, "tells_date")["hints"] == ["Python knows the date."]


@pytest.mark.usefixtures("course")
def test_hints_can_be_read_before_anything_was_started(command: Command) -> None:
    done = command("hint", "greets")

    assert done.returncode == 0
    assert "Hint 1 of 3  Look at the route." in done.stdout
    assert "For the next hint: course hint greets" in done.stdout


@pytest.mark.usefixtures("workspace")
def test_hidden_checks_have_no_hints_to_show(command: Command) -> None:
    done = command("hint", "trims_name")

    assert done.returncode == 2
    assert "There is no check 'trims_name'." in done.stderr


def test_status_before_anything_was_done(command: Command, course: Course) -> None:
    done = command("status")

    assert done.returncode == 0
    assert done.stdout.count("not started") == 2
    assert not (course.root / "workspace").exists()


@pytest.mark.usefixtures("solved")
def test_status_keeps_what_the_last_judgement_said(command: Command) -> None:
    command("check", "1", "--plain")

    done = command("status")

    line = " ".join(done.stdout.splitlines()[2].split())
    assert line.startswith("✔ 1 Greeting 5 2 / 2 6 / 6 holds, judged 20")
    assert "changed" not in done.stdout


@pytest.mark.usefixtures("solved")
def test_status_sums_up_the_path_and_the_optional_steps(command: Command, course: Course) -> None:
    command("check", "1", "--plain")
    lesson = course.step(2).lesson_folder / "lesson.toml"
    assert command("status").stdout.splitlines()[-2] == "The path: 6 of 20 points by the checks that you have."

    lesson.write_text("optional = true\n" + lesson.read_text())

    lines = [line.strip() for line in command("status").stdout.splitlines()]
    assert "optional, not started" in lines[3]
    assert lines[-3:-1] == [
        "The path: 6 of 10 points by the checks that you have.",
        "Optional steps: 0 of 10 points by the checks that you have.",
    ]


def test_status_says_that_the_files_are_other_ones_by_now(command: Command, solved: Path) -> None:
    command("check", "1", "--plain")
    with (solved / "app" / "greeting.py").open("a") as file:
        file.write("# more\n")

    assert "changed since" in command("status").stdout


@pytest.mark.parametrize("path", ["step_1_greeting.ipynb", "lesson/notes.md"])
def test_notes_and_the_notebook_are_no_change(command: Command, solved: Path, path: str) -> None:
    command("check", "1", "--plain")
    with (solved / path).open("a") as file:
        file.write("\n")

    assert "changed since" not in command("status").stdout


def test_status_survives_a_submission_that_is_refused(command: Command, solved: Path) -> None:
    command("check", "1", "--plain")
    (solved / "app" / "loop").symlink_to("/")

    done = command("status")

    assert done.returncode == 0
    assert "changed since" in done.stdout


def test_status_survives_a_removed_workspace_folder(command: Command, solved: Path) -> None:
    command("check", "1", "--plain")
    shutil.rmtree(solved)

    done = command("status")

    assert done.returncode == 0
    assert "changed since" in done.stdout


def test_status_reports_progress_that_cannot_be_read(command: Command, workspace: Workspace) -> None:
    progress = workspace.root / ".course" / "progress.json"
    progress.write_text("{ half a fi")

    done = command("status")

    assert done.returncode == 0
    assert "could not be read" in done.stderr
    assert [kept.read_text() for kept in progress.parent.glob("unreadable_*")] == ["{ half a fi"]


@pytest.mark.usefixtures("solved")
def test_status_in_json(command: Command) -> None:
    command("check", "1", "1.1", "--plain")

    steps = json.loads(command("status", "--json").stdout)["steps"]

    assert [(step["number"], step["state"]) for step in steps] == [(1, "started"), (2, "not started")]
    assert [task["held"] for task in steps[0]["tasks"]] == [True, None]


@pytest.mark.usefixtures("workspace")
def test_the_solution_stays_closed_until_the_step_holds(command: Command) -> None:
    done = command("solution", "1", "--plain")

    assert done.returncode == 2
    assert done.stdout == ""
    assert "course solution 1 --spoil" in done.stderr


def test_a_step_that_held_before_a_change_does_not_hold(command: Command, solved: Path) -> None:
    assert command("solution", "1", "--plain").returncode == 0
    (solved / "app" / "greeting.py").write_text("")

    assert command("solution", "1", "--plain").returncode == 2


@pytest.mark.parametrize("arguments", [("--plain",), ("--spoil",)], ids=["holds", "spoil"])
@pytest.mark.usefixtures("solved")
def test_the_solution_shows_the_files_of_the_step(command: Command, course: Course, arguments: tuple[str, ...]) -> None:
    done = command("solution", "1", *arguments)

    reference = finish(course, 1)
    assert done.returncode == 0
    assert [path for path in ("app/greeting.py", "app/main.py") if reference[path].decode() not in done.stdout] == []
    assert "class Application" not in done.stdout


def test_the_difference_is_a_patch_from_the_start_to_the_reference(
    command: Command, course: Course, tmp_path: Path
) -> None:
    done = command("solution", "1", "--diff", "--spoil")

    project = tmp_path / "project"
    for path, content in start(course, 1).items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(content)
    subprocess.run(["git", "apply", "-"], cwd=project, input=done.stdout, encoding="utf-8", check=True)
    assert {path: (project / path).read_bytes() for path in finish(course, 1)} == finish(course, 1)


@pytest.mark.usefixtures("course")
def test_the_solution_has_colours_on_a_terminal(terminal: Callable[..., Any]) -> None:
    running = terminal("solution", "1", "--spoil")

    assert running.end() == 0
    assert "app/greeting.py" in running.shown
    assert "\x1b[" in running.shown


@pytest.mark.usefixtures("workspace")
def test_without_a_name_hint_lists_the_checks_that_failed(command: Command) -> None:
    assert "Step 1 has not been judged yet. Begin with: course check 1" in command("hint").stderr
    command("check", "1", "--plain")

    assert json.loads(command("hint", "--json").stdout) == {
        "failed": [{"check": "greets", "task": "1.1", "read": 1, "of": 3}]
    }
    assert "✘  1.1  greets  1 of 3 read" in command("hint").stdout


@pytest.mark.usefixtures("solved")
def test_without_a_name_hint_says_that_nothing_failed(command: Command) -> None:
    command("check", "1", "--plain")

    assert "No check failed in the last judgement of this step." in command("hint").stdout


@pytest.mark.usefixtures("workspace")
def test_only_the_new_hint_is_shown_and_all_on_demand(command: Command) -> None:
    command("hint", "greets")
    second, read = command("hint", "greets").stdout, command("hint", "greets", "--all").stdout

    assert HINTS[0] not in second
    assert "Hint 2 of 3  Return a pair." in second
    assert "For the earlier ones: course hint greets --all" in second
    assert [hint in read for hint in HINTS] == [True, True, False]


@pytest.mark.usefixtures("solved")
def test_status_says_what_to_do_next(command: Command) -> None:
    assert "Next: task 1.1, Greet by name: course check 1 1.1" in command("status").stdout
    assert "Next: task 1.2, Refuse a blank name: course check 1 1.2" in command("check", "1", "1.1", "--plain").stdout
    assert "Next: step 2, Clock: course lab 2" in command("check", "1", "--plain").stdout


def test_own_work_is_compared_with_the_reference(command: Command, solved: Path) -> None:
    (solved / "app" / "greeting.py").write_text("# mine\n")

    patch = command("solution", "1", "--diff", "--mine", "--spoil").stdout

    assert "-# mine\n" in patch
    assert "main.py" not in patch
    assert command("solution", "1", "--mine", "--spoil").returncode == 2
