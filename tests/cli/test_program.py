"""Every verb answers wrong use with exit code 2 and a sentence, and nothing of ours ever shows a traceback."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Never

import pytest

from courseware.base.errors import UsageError
from courseware.cli import program
from courseware.course import Course

Command = Callable[..., "subprocess.CompletedProcess[str]"]
HEAVY = {"pytest", "_pytest", "fastapi", "jupyterlab", "jupyter_server", "watchfiles", "sqlalchemy", "uvicorn"}


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Makes `course status` raise an error."""

    def fail_with(error: BaseException) -> None:
        def status() -> Never:
            raise error

        monkeypatch.setattr(program, "_load", lambda _: status)

    return fail_with


@pytest.mark.parametrize("verb", program.VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run([verb, "--help"]) == 0

    printed = capsys.readouterr()
    assert f"course {verb}" in printed.out
    assert printed.err == ""


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_names_every_verb(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(arguments) == 0

    printed = capsys.readouterr().out
    assert [verb for verb in program.VERBS if f" {verb} " not in printed] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["chekc"],
        ["--unknown"],
        *([verb, "--unknown"] for verb in program.VERBS),
        ["start"],
        ["start", "one"],
        ["start", "1", "2"],
        ["check", "1.1"],
        ["check", "1", "1.1", "more"],
        ["check", "--seed", "-1"],
        ["check", "--submission"],
        ["hint", "greets", "more"],
        ["watch", "1", "2"],
        ["status", "1"],
        ["solution"],
        ["doctor", "1"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_end_with_2(
    arguments: list[str], course: Course, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)

    assert program.run(arguments) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.endswith(" --help)\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check"], "No step was started yet. Begin with: course start 1"),
        (["check", "9"], "There is no step 9. This course has: 1, 2."),
        (["check", "1"], "Step 1 was not started yet. Begin with: course start 1"),
        (["check", "1", "7.7"], "Step 1 has no task '7.7'. Its tasks are 1.1, 1.2."),
        (
            ["check", "1.2"],
            "Invalid value for 'STEP': '1.2' is not the number of a step, such as 1. For task 1.2 say: 1 1.2 "
            "(course check --help)",
        ),
        (
            ["start", "one\x1b"],
            r"Invalid value for 'STEP': 'one\x1b' is not the number of a step, such as 1. (course start --help)",
        ),
        (["start", "9"], "There is no step 9. This course has: 1, 2."),
        (["hint", "greeets"], "There is no check 'greeets'. Did you mean greets?"),
        (["hint", "\x1b[31m"], r"There is no check '\x1b[31m'. `course check` shows the names of those that fail."),
        (["watch"], "No step was started yet. Begin with: course start 1"),
        (["watch", "2"], "Step 2 was not started yet. Begin with: course start 2"),
        (["solution", "9"], "There is no step 9. This course has: 1, 2."),
        (["solution", "2"], "Step 2 was not started yet. Begin with: course start 2"),
    ],
    ids=str,
)
def test_wrong_use_is_answered_with_one_sentence(
    arguments: list[str],
    sentence: str,
    course: Course,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(course.root)

    assert program.run(arguments) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"{sentence}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["lab"],
        ["start", "1"],
        ["run"],
        ["check"],
        ["hint", "greets"],
        ["watch"],
        ["status"],
        ["solution", "1"],
        ["verify"],
    ],
    ids=" ".join,
)
def test_outside_of_a_course_it_says_where_to_go(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert program.run(arguments) == 2

    assert capsys.readouterr().err.startswith("No course here")


def test_in_a_folder_that_is_gone_it_says_where_to_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (gone := tmp_path / "gone").mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert program.run(["status"]) == 2

    assert "does not exist any more" in capsys.readouterr().err


def test_a_sentence_stays_one_line(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(UsageError("A name\nwith \x1b[2J and \u202e in it."))

    assert program.run(["status"]) == 2

    assert capsys.readouterr().err == "A name with \\x1b[2J and \\u202e in it.\n"


def test_a_fault_of_ours_keeps_its_details_in_a_file(
    failing: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(KeyError("\ud800 odd"))

    assert program.run(["status"]) == 3

    printed = capsys.readouterr().err
    details = Path(printed.rpartition("Details: ")[2].strip())
    assert printed.count("\n") == 1
    assert "KeyError" in printed
    assert details.parent == tmp_path
    assert "Traceback (most recent call last)" in details.read_text()


def test_a_fault_of_ours_on_a_full_disk_is_still_one_sentence(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    failing(ZeroDivisionError())

    assert program.run(["status"]) == 3

    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize("wrapped", [False, True])
def test_ctrl_c_is_no_fault(
    wrapped: bool, failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt = KeyboardInterrupt()
    error = RuntimeError("Error calling __set_name__")
    error.__cause__ = interrupt
    failing(error if wrapped else interrupt)

    assert program.run(["status"]) == 130

    assert capsys.readouterr().err == "Stopped.\n"


def test_what_the_machine_refuses_is_named(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/home/me/workspace"))

    assert program.run(["status"]) == 2

    assert capsys.readouterr().err == "/home/me/workspace: No space left on device.\n"


@pytest.mark.parametrize("arguments", [["--help"], ["status"], ["start", "1"]], ids=" ".join)
def test_only_what_a_verb_needs_is_imported(arguments: list[str], course: Course) -> None:
    code = "import sys; from courseware.cli.program import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=course.root, capture_output=True, encoding="utf-8", check=True
    )

    assert HEAVY.isdisjoint(done.stderr.split())


def test_a_reader_that_goes_away_is_no_fault(course: Course) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "courseware", "status"],
        cwd=course.root,
        stdout=writing,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    os.close(writing)

    assert done.returncode == 1
    assert done.stderr == ""


def test_letters_that_cannot_be_printed_become_escapes(command: Command, course: Course) -> None:
    lesson = course.root / "lessons" / "step_1_greeting" / "lesson.toml"
    lesson.write_text(lesson.read_text().replace('"Greeting"', '"Привіт"'))

    done: Any = command("status", PYTHONIOENCODING="ascii")

    assert done.returncode == 0
    assert r"\u041f\u0440" in done.stdout
    assert done.stderr == ""


DROPS_CTRL_C = """
import signal, sys, time
from courseware import cli

class Dropping:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

sys.unraisablehook = cli.send_again
try:
    Dropping()
    time.sleep(60)
except KeyboardInterrupt:
    print("stopped")
"""


def test_a_ctrl_c_that_python_drops_comes_again() -> None:
    done = subprocess.run([sys.executable, "-c", DROPS_CTRL_C], capture_output=True, encoding="utf-8", check=False)

    assert done.stdout == "stopped\n"
    assert done.stderr == ""
