"""`course watch` on a real terminal: judges on every save, answers keys, and leaves the terminal as it found it."""

import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from watchfiles import Change

from courseware.cli.watch import is_saved_work
from courseware.course import Course
from courseware.course.stages import finish
from courseware.student.workspace import Workspace

LOCAL_MODES = 3
WAITING = "Waiting for a save."


@pytest.fixture
def watching(terminal: Callable[..., Any], workspace: Workspace) -> Any:  # noqa: ARG001 - laid out
    """`course watch 1` on the untouched start, after its first verdict."""
    running = terminal("watch", "1", "--plain")
    running.wait_for("Step 1 is not solved yet")
    running.wait_for(WAITING)
    return running


def solve(course: Course, folder: Path) -> None:
    (folder / "app" / "greeting.py").write_bytes(finish(course, 1)["app/greeting.py"])


def test_it_judges_again_on_a_save(watching: Any, course: Course, folder: Path) -> None:
    solve(course, folder)

    watching.wait_for("Step 1 is solved: 6 of 6 points.")


def test_q_quits(watching: Any) -> None:
    watching.press("q")

    assert watching.end() == 0
    assert watching.settings() == watching.settings_before


def test_h_gives_the_next_hint_for_what_failed_first(watching: Any, workspace: Workspace) -> None:
    watching.press("h")
    watching.wait_for("Hint 2 of 3")
    watching.wait_for("Return a pair.")
    watching.press("h")
    watching.wait_for("Return 200 and a greeting.")

    assert workspace.progress.hints == {"greets": 3}


def test_h_has_nothing_to_say_when_all_holds(watching: Any, course: Course, folder: Path) -> None:
    solve(course, folder)
    watching.wait_for("Step 1 is solved")
    watching.press("h")

    watching.wait_for("There is no failed check")


def test_l_lists_every_check(watching: Any) -> None:
    watching.press("l")

    watching.wait_for("greets")
    watching.wait_for("refuses_blank_name")


def test_other_keys_do_nothing(watching: Any) -> None:
    watching.press("xyz\x1b[A7 \x04q")

    assert watching.end() == 0


def test_keys_are_neither_echoed_nor_waited_for(watching: Any) -> None:
    modes = watching.settings()[LOCAL_MODES]

    assert not modes & (termios.ECHO | termios.ICANON)
    assert modes & termios.ISIG


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_however_it_ends_the_terminal_is_put_right(watching: Any, ending: signal.Signals) -> None:
    if ending is signal.SIGINT:
        watching.press("\x03")
    else:
        watching.process.send_signal(ending)

    assert watching.end() == 0
    assert watching.settings() == watching.settings_before
    assert "Traceback" not in watching.shown


@pytest.mark.usefixtures("workspace")
def test_ctrl_c_while_judging_ends_it_too(terminal: Callable[..., Any], folder: Path) -> None:
    (folder / "app" / "greeting.py").write_text("import time\ntime.sleep(600)\n")
    running = terminal("watch", "1", "--plain")
    running.wait_for("Judging step 1")

    running.press("\x03")

    assert running.end() in (0, -signal.SIGINT)  # the signal, if it came while Python ran generated code
    assert running.settings() == running.settings_before


def test_it_goes_on_with_a_step_that_was_reset(
    watching: Any, course: Course, folder: Path, workspace: Workspace
) -> None:
    workspace.start(course.step(1), reset=True)
    watching.wait_for("Step 1 is not solved yet")
    watching.wait_for(WAITING)

    solve(course, folder)

    watching.wait_for("Step 1 is solved")


def test_it_goes_on_after_a_submission_that_is_refused(watching: Any, course: Course, folder: Path) -> None:
    (folder / "app" / "link.py").symlink_to("/etc/passwd")
    watching.wait_for("link.py")
    watching.wait_for(WAITING)
    watching.press("l")
    watching.wait_for("Nothing was judged yet.")

    (folder / "app" / "link.py").unlink()
    solve(course, folder)

    watching.wait_for("Step 1 is solved")


def test_an_application_that_does_not_start_is_shown_and_watched_on(
    watching: Any, course: Course, folder: Path
) -> None:
    (folder / "app" / "greeting.py").write_text("def greet(:\n")
    watching.wait_for("does not start")
    watching.wait_for("SyntaxError")
    watching.wait_for(WAITING)

    solve(course, folder)

    watching.wait_for("Step 1 is solved")


@pytest.mark.usefixtures("solved")
def test_without_a_terminal_it_judges_and_ctrl_c_ends_it(course: Course) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "courseware", "watch", "1", "--plain"],
        cwd=course.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C quits" in line:
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()

    assert process.returncode == 0
    assert "Step 1 is solved: 6 of 6 points.\n" in lines
    assert errors == ""


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("step_1_greeting/app/greeting.py", True),
        ("step_1_greeting/alembic.ini", True),
        ("step_1_greeting/app/new/deep.py", True),
        ("step_1_greeting/step_1_greeting.ipynb", False),
        ("step_1_greeting/lesson/README.md", False),
        ("step_1_greeting/app/__pycache__/greeting.cpython-311.pyc", False),
        ("step_1_greeting/app/.greeting.py.swp", False),
        ("step_1_greeting/contacts.sqlite3-journal", False),
        ("step_1_greeting/.venv/lib/x.py", False),
        ("step_2_clock/app/clock.py", False),
        (".course/progress.json", False),
    ],
)
def test_what_counts_as_a_save(path: str, counts: bool) -> None:
    assert is_saved_work(Path("/w/step_1_greeting"), Change.modified, f"/w/{path}") is counts
