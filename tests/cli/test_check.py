"""`course check` on real submissions: what it shows, what it keeps, and what it makes of hostile ones."""

import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from courseware.base.tree import write_tree
from courseware.course import Course
from courseware.course.stages import start
from courseware.student.workspace import Workspace
from courseware.verdict import Verdict

Command = Callable[..., "subprocess.CompletedProcess[str]"]

# A Ctrl-C that comes while Python runs generated code makes it end by the signal, in spite of the exit code.
STOPPED = (130, -signal.SIGINT)
HOSTILE = r"""
def greet(query):
    return 200, {"greeting": "[red]\x1b]0;title\x07 \x9b31m \u202egnp.exe \ud800 [/red] [bold"}
"""
HOSTILE_IMPORT = r"""
raise RuntimeError("[bold]\x1b[2J\x1b]0;owned\x07 \u202e {name} %s [/nothing]")
"""


@pytest.fixture
def greeting(folder: Path) -> Path:
    """The file that is to be written in step 1, as it was handed out."""
    return folder / "app" / "greeting.py"


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_untouched_start_shows_what_to_look_at_next(command: Command, workspace: Workspace) -> None:
    done = command("check", "1", "--plain")

    assert done.returncode == 1
    assert done.stderr == ""
    shown = words(done.stdout)
    assert "✘ 1.1 Greet by name 0 / 3" in shown
    assert "GET /greeting answers 200 with a greeting for the name." in shown
    assert "asked GET /greeting?name=" in shown
    assert "expected 200" in shown
    assert "NotImplementedError: Task 1.1, app/greeting.py line 10" in shown
    assert "hint Look at the route." in shown
    assert "course hint greets" in shown
    assert "Waiting for greets: 1 check." in shown
    assert "0 of 6 points" in shown
    assert workspace.progress.hints == {"greets": 1}


def test_the_reference_holds(command: Command, solved: Path, workspace: Workspace) -> None:
    done = command("check", "--plain", cwd=solved / "app")

    assert done.returncode == 0
    assert "Step 1 is solved: 6 of 6 points." in done.stdout
    assert {task: kept.held for task, kept in workspace.progress.steps[1].tasks.items()} == {"1.1": True, "1.2": True}


@pytest.mark.usefixtures("solved")
def test_one_task_is_judged_alone(command: Command, workspace: Workspace) -> None:
    done = command("check", "1", "1.2", "--plain")

    assert done.returncode == 0
    assert "Task 1.2 is solved: 3 of 3 points." in done.stdout
    assert "1.1  Greet by name" not in done.stdout
    assert list(workspace.progress.steps[1].tasks) == ["1.2"]


@pytest.mark.usefixtures("workspace")
def test_a_task_that_waits_for_another_shows_that_one(command: Command) -> None:
    done = command("check", "1", "1.2", "--plain")

    assert done.returncode == 1
    assert "✘ greets task 1.1" in words(done.stdout)
    assert "Task 1.2 is not solved yet: 0 of 3 points." in done.stdout


@pytest.mark.usefixtures("greeting")
def test_json_is_a_verdict_and_nothing_else(command: Command) -> None:
    done = command("check", "1", "--json", "--plain", "--seed", "7")

    verdict = Verdict.model_validate_json(done.stdout)
    assert done.returncode == 1
    assert done.stderr == ""
    assert (verdict.step, verdict.seed, verdict.judged_by, verdict.held) == (1, 7, "plain", False)
    assert verdict.checks[0].failure is not None


@pytest.mark.usefixtures("workspace")
def test_the_same_seed_repeats_a_run(command: Command) -> None:
    def judged() -> Any:
        verdict = json.loads(command("check", "1", "--json", "--plain", "--seed", "11").stdout)
        return [(check["id"], check["failure"]) for check in verdict["checks"]]

    assert judged() == judged()


@pytest.mark.bubblewrap
@pytest.mark.bubblewrap
@pytest.mark.usefixtures("solved")
def test_the_sandbox_can_be_insisted_on(command: Command) -> None:
    done = command("check", "1", "--sandbox")

    assert done.returncode == 0
    assert "in the sandbox" in done.stdout


def test_an_application_that_does_not_start_outranks_everything(command: Command, greeting: Path) -> None:
    greeting.write_text("def greet(query):\n    return (\n")

    done = command("check", "1", "--plain")

    assert done.returncode == 1
    assert "Your application does not start: it cannot be imported." in done.stdout
    assert 'File "app/greeting.py", line 2' in done.stdout
    assert "SyntaxError" in done.stdout
    assert "hint" not in done.stdout
    assert "0 of 6 points" in done.stdout


def test_an_application_that_ends_by_itself_says_so(command: Command, greeting: Path) -> None:
    greeting.write_text("import os\nprint('bye', flush=True)\nos._exit(0)\n")

    done = command("check", "1", "--plain")

    assert done.returncode == 1
    assert "Your application ended while starting." in done.stdout


@pytest.mark.parametrize("source", [HOSTILE, HOSTILE_IMPORT], ids=["answer", "import"])
@pytest.mark.parametrize("arguments", [(), ("--json",)], ids=["table", "json"])
def test_nothing_in_a_submission_steers_the_terminal(
    command: Command, greeting: Path, source: str, arguments: tuple[str, ...]
) -> None:
    greeting.write_text(source)

    done = command("check", "1", "--plain", *arguments)

    assert done.returncode == 1
    assert {character for character in done.stdout if not character.isprintable()} == {"\n"}
    assert "[bold" in done.stdout
    assert done.stderr == ""


def test_colours_on_a_terminal_are_ours_alone(terminal: Callable[..., Any], greeting: Path) -> None:
    greeting.write_text(HOSTILE)

    running = terminal("check", "1", "--plain")

    assert running.end() == 1
    assert r"\u001b]0;title\u0007" in running.shown
    assert "\x1b]0;" not in running.shown
    assert "\x9b" not in running.shown
    assert "\u202e" not in running.shown


@pytest.mark.usefixtures("solved")
def test_progress_is_shown_on_a_terminal(terminal: Callable[..., Any]) -> None:
    running = terminal("check", "1", "--plain")

    running.wait_for("Judging step 1")
    running.wait_for("6 of 6 points")
    assert running.end() == 0
    assert running.settings() == running.settings_before


@pytest.mark.usefixtures("solved")
def test_another_submission_leaves_progress_alone(
    command: Command, course: Course, workspace: Workspace, tmp_path: Path
) -> None:
    before = workspace.progress
    write_tree(start(course, 1), tmp_path / "other")

    done = command("check", "1", "--plain", "--submission", str(tmp_path / "other"))

    assert done.returncode == 1
    assert workspace.progress == before


@pytest.mark.usefixtures("course")
def test_a_submission_that_is_not_there_is_wrong_use(command: Command) -> None:
    done = command("check", "1", "--submission", "nowhere.zip")

    assert done.returncode == 2
    assert "nowhere.zip" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_intake_leaves_out_is_named(command: Command, solved: Path) -> None:
    (solved / "sitecustomize.py").write_text("raise SystemExit\n")

    done = command("check", "1", "--plain")

    assert done.returncode == 0
    assert 'Left out: "sitecustomize.py"' in done.stdout


def test_what_running_the_project_leaves_behind_is_not_named(command: Command, solved: Path) -> None:
    (solved / "app" / "__pycache__").mkdir()
    (solved / "app" / "__pycache__" / "main.cpython-311.pyc").write_bytes(b"\0")
    (solved / "app.sqlite3").write_bytes(b"\0")

    done = command("check", "1", "--plain")

    assert done.returncode == 0
    assert "Left out" not in done.stdout


def test_a_file_that_hides_a_library_is_warned_of(command: Command, solved: Path) -> None:
    (solved / "json.py").write_text("")

    done = command("check", "1", "--plain")

    assert '"json.py" hides the module json' in words(done.stdout)


@pytest.mark.parametrize("name", ["typer", "rich", "pydantic", "pytest", "errno"])
def test_the_students_files_are_never_imported_by_the_judge(command: Command, solved: Path, name: str) -> None:
    (solved / f"{name}.py").write_text("raise SystemExit('imported by the judge')\n")

    done = command("check", "1", "--plain", "--json", cwd=solved)

    assert Verdict.model_validate_json(done.stdout).step == 1
    assert "imported by the judge" not in done.stderr


def test_a_link_out_of_the_project_is_refused(command: Command, solved: Path) -> None:
    (solved / "app" / "passwords.py").symlink_to("/etc/passwd")

    done = command("check", "1", "--plain")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "passwords.py" in done.stderr


def test_a_verdict_is_shown_although_progress_cannot_be_kept(
    command: Command, solved: Path, workspace: Workspace
) -> None:
    shutil.rmtree(workspace.root / ".course")
    (workspace.root / ".course").touch()

    done = command("check", "1", "--plain")

    assert solved.is_dir()
    assert done.returncode == 0
    assert "6 of 6 points" in done.stdout
    assert "Your progress could not be kept" in done.stderr


@pytest.mark.usefixtures("solved")
def test_broken_checks_are_not_the_students_fault(command: Command, course: Course) -> None:
    checks = course.root / "checks" / "step_1_greeting" / "test_greeting.py"
    checks.write_text(checks.read_text().replace("answer.expect_status(200", "1 / 0\n    answer.expect_status(200"))

    done = command("check", "1", "--plain")

    assert done.returncode == 3
    assert "This is not your mistake" in words(done.stdout)
    assert "ZeroDivisionError" in done.stdout
    assert "0 of 6 points" not in done.stdout


@pytest.mark.usefixtures("solved")
def test_a_fault_of_the_course_is_not_kept_as_progress(command: Command, course: Course, workspace: Workspace) -> None:
    checks = course.root / "checks" / "step_1_greeting" / "test_greeting.py"
    checks.write_text(checks.read_text().replace("answer.expect_status(200", "1 / 0\n    answer.expect_status(200"))
    command("check", "1", "--plain")

    assert workspace.progress.steps == {}


@pytest.mark.usefixtures("solved")
def test_what_a_check_prints_is_no_part_of_the_json(command: Command, course: Course) -> None:
    checks = course.root / "checks" / "step_1_greeting" / "test_greeting.py"
    checks.write_text(
        checks.read_text().replace("answer.expect_status(200", "print('hm')\n    answer.expect_status(200")
    )

    done = command("check", "1", "--plain", "--json")

    assert Verdict.model_validate_json(done.stdout).held
    assert "hm" in done.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_ends_a_judgement_without_a_verdict(
    terminal: Callable[..., Any], greeting: Path, workspace: Workspace, ending: signal.Signals
) -> None:
    greeting.write_text("import time\ntime.sleep(600)\n")
    running = terminal("check", "1", "--plain")
    running.wait_for("Judging step 1")

    if ending is signal.SIGINT:
        running.press("\x03")
    else:
        running.process.send_signal(ending)

    assert running.end() in STOPPED
    assert "Stopped." in running.shown
    assert "Traceback" not in running.shown
    assert workspace.progress.steps == {}


def test_ctrl_c_while_a_check_waits_gives_no_half_verdict(
    terminal: Callable[..., Any], greeting: Path, workspace: Workspace, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    greeting.write_text(
        f"import pathlib, time\n\ndef greet(query):\n    pathlib.Path({str(asked)!r}).touch()\n    time.sleep(600)\n"
    )
    running = terminal("check", "1", "--plain")
    running.wait_for("Judging step 1")
    running.wait_until(asked.exists)

    running.press("\x03")

    assert running.end() in STOPPED
    assert workspace.progress.steps == {}


def test_the_log_is_shown_on_demand(command: Command, greeting: Path) -> None:
    greeting.write_text('def greet(query):\n    print("my own line")\n    raise RuntimeError("at my fault")\n')

    with_log, without = command("check", "1", "--plain", "--log"), command("check", "1", "--plain")

    shown = with_log.stdout.partition("What your application printed")[2]
    assert "my own line" in shown
    assert "RuntimeError: at my fault" in shown
    assert "my own line" not in without.stdout
