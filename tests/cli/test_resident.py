"""`course` commands in a process that stays: each as if alone, and whatever happens to one, the next is answered."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from courseware.base.tree import write_tree
from courseware.checking import wait_until
from courseware.course import Course
from courseware.course.stages import finish
from courseware.student import resident
from courseware.student.resident import CommandResult, ResidentProcess
from courseware.student.workspace import Workspace

SECONDS = 60


@pytest.fixture
def resident_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ResidentProcess]:
    monkeypatch.chdir(folder)
    course = ResidentProcess()
    yield course
    course.close()


def processes() -> list[psutil.Process]:
    """Those that stand for this one."""
    running = psutil.process_iter(["ppid", "cmdline"])
    ours = (process for process in running if process.info["ppid"] == os.getpid())
    return [process for process in ours if "courseware.cli.program" in (process.info["cmdline"] or ())]


def status(course: ResidentProcess) -> CommandResult:
    return course.run("status", "--json", seconds=SECONDS)


def alone(result: "subprocess.CompletedProcess[str]") -> CommandResult:
    return {"code": result.returncode, "stdout": result.stdout, "stderr": result.stderr}


@pytest.mark.parametrize("arguments", [("status",), ("status", "--json"), ("check", "9"), ("nonsense",), ("--help",)])
def test_a_command_does_what_it_does_alone(
    resident_process: ResidentProcess, command: Callable[..., Any], folder: Path, arguments: tuple[str, ...]
) -> None:
    for _ in range(2):
        assert resident_process.run(*arguments, seconds=SECONDS) == alone(command(*arguments, cwd=folder))


def test_one_process_judges_what_stands_in_the_files_each_time(
    resident_process: ResidentProcess, course: Course, folder: Path
) -> None:
    codes, pids = [], set[int]()
    file, right = folder / "app/greeting.py", finish(course, 1)["app/greeting.py"]
    for content in (file.read_bytes(), right, b"syntax error", right):
        file.write_bytes(content)
        done = resident_process.run("check", "1", "--plain", "--json", seconds=SECONDS)
        codes.append(done["code"])
        assert json.loads(done["stdout"])["step"] == 1
        pids.update(process.pid for process in processes())
    assert codes == [1, 0, 1, 0]
    assert len(pids) == 1


def test_each_command_is_run_in_the_folder_of_its_moment(
    resident_process: ResidentProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status(resident_process)["code"] == 0
    monkeypatch.chdir(tmp_path)
    assert "No course here" in status(resident_process)["stderr"]


def test_what_is_printed_past_it_is_no_answer(resident_process: ResidentProcess, course: Course) -> None:
    check = next(course.step(1).checks_folder.glob("test_*.py"))
    check.write_text("import os\n\nos.write(1, b'{}\\n')\nprint('{}')\n" + check.read_text())
    done = resident_process.run("check", "1", "--plain", "--json", seconds=SECONDS)
    assert json.loads(done["stdout"])["step"] == 1


def test_after_a_command_that_takes_too_long_the_next_is_answered(
    resident_process: ResidentProcess, course: Course
) -> None:
    check = course.step(1).checks_folder / "test_slow.py"
    check.write_text("import time\n\ntime.sleep(100)\n")
    with pytest.raises(TimeoutError):
        resident_process.run("check", "1", "--plain", seconds=3)
    assert processes() == []
    assert status(resident_process)["code"] == 0


def test_after_an_interrupted_command_the_next_is_answered(resident_process: ResidentProcess, course: Course) -> None:
    waits = course.root / "waits"
    check = course.step(1).checks_folder / "test_slow.py"
    check.write_text(f"import pathlib, time\n\npathlib.Path({str(waits)!r}).touch()\ntime.sleep(100)\n")

    def interrupt() -> None:
        wait_until(waits.exists, SECONDS)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        resident_process.run("check", "1", "--plain", seconds=SECONDS)
    assert processes() == []
    assert status(resident_process)["code"] == 0


def test_a_process_that_was_killed_is_replaced(resident_process: ResidentProcess) -> None:
    first = status(resident_process)
    (process,) = processes()
    process.kill()
    assert wait_until(lambda: process.status() == psutil.STATUS_ZOMBIE, SECONDS)
    assert status(resident_process) == first


def test_a_process_that_ends_without_an_answer_is_told_and_replaced(
    resident_process: ResidentProcess, course: Course
) -> None:
    check = course.step(1).checks_folder / "test_ends.py"
    check.write_text("import os\n\nos._exit(7)\n")
    with pytest.raises(ChildProcessError, match="7"):
        resident_process.run("check", "1", "--plain", seconds=SECONDS)
    assert status(resident_process)["code"] == 0


def test_it_ends_when_nothing_is_asked_and_is_there_again(
    resident_process: ResidentProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resident, "IDLE_SECONDS", 0.2)
    first = status(resident_process)
    assert wait_until(lambda: processes() == [], SECONDS)
    assert status(resident_process) == first


@pytest.mark.parametrize("ending", ["sys.exit()", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_it_ends_with_its_owner(folder: Path, ending: str) -> None:
    code = f"""
import os, signal, sys, psutil
from courseware.student.resident import ResidentProcess
course = ResidentProcess()
course.run("status", seconds={SECONDS})
print(*[child.pid for child in psutil.Process().children(recursive=True)], flush=True)
{ending}
"""
    command = [sys.executable, "-c", code]
    owner = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, encoding="utf-8", check=False)
    (pid,) = owner.stdout.split()
    assert wait_until(lambda: not psutil.pid_exists(int(pid)), SECONDS)


def test_a_command_says_how_far_it_is(resident_process: ResidentProcess, tested_course: Course) -> None:
    workspace = Workspace(tested_course)
    workspace.start(tested_course.step(3))
    write_tree(finish(tested_course, 3), workspace.folder(tested_course.step(3)))
    said: list[str] = []
    done = resident_process.run("check", "3", "3.2", "--plain", "--json", seconds=SECONDS, said=said.append)
    assert done["code"] == 0
    assert "bug 1 of 2" in said
    assert said.index("bug 1 of 2") < said.index("bug 2 of 2")
    assert json.loads(done["stdout"])["suite"]["bugs"][0]["check"] == "same_greeting_for_all"
