"""`course grade` may be stopped, killed, or lose its workers at any moment."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator

import psutil
import pytest

from courseware.base.tree import Tree

from .conftest import SECONDS, Class, wait_for

pytestmark = pytest.mark.bubblewrap

Variants = Callable[[int], Iterator[tuple[str, Tree]]]
STUDENTS = 12
KILLER = b"import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n"
"""Code of a submission that, without a sandbox, kills the process that judges it."""


@pytest.fixture
def full(classroom: Class, variants: Variants) -> Class:
    """A class in which everybody handed in something of their own."""
    for student, tree in variants(STUDENTS):
        classroom.hand_in(student, tree)
    return classroom


def wait_for_verdicts(classroom: Class, number: int, process: "subprocess.Popen[str]") -> None:
    """Waits until so many are kept, while the command still has others to judge."""
    wait_for(lambda: classroom.verdicts() >= number)
    assert process.poll() is None


def workers(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """The processes that judge."""
    children = psutil.Process(process.pid).children()
    return [child for child in children if any("spawn_main" in part for part in child.cmdline())]


def judged_now(classroom: Class) -> int:
    number: int = json.loads(classroom.run("grade", "--json").stdout)[0]["judged_now"]
    return number


def test_after_a_kill_it_goes_on_where_it_was(full: Class) -> None:
    process = full.start("grade", "--jobs", "2")
    wait_for_verdicts(full, 3, process)
    below = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    kept = full.verdicts()
    assert 3 <= kept < STUDENTS
    psutil.wait_procs(below, timeout=SECONDS)
    assert [child for child in below if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []

    assert judged_now(full) == STUDENTS - kept
    assert full.verdicts() == STUDENTS
    assert len(full.grades()) == STUDENTS
    assert judged_now(full) == 0


def test_ctrl_c_stops_it_and_keeps_what_is_done(full: Class) -> None:
    process = full.start("grade", "--jobs", "2")
    wait_for_verdicts(full, 2, process)
    psutil.Process(process.pid).send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "What is done is kept: run it again to go on." in said
    assert "Traceback" not in said
    kept = full.verdicts()
    assert judged_now(full) == STUDENTS - kept
    assert full.verdicts() == len(full.grades()) == STUDENTS


def test_a_kill_while_the_gradebook_is_written_loses_nothing(full: Class) -> None:
    process = full.start("grade", "--jobs", "2")
    wait_for(lambda: bool(full.verdicts()) and full.query("SELECT count(*) FROM notes")[0][0] >= 2)
    process.kill()
    process.communicate()
    assert judged_now(full) == 0
    assert len(full.grades()) == STUDENTS
    assert full.query("SELECT count(*) FROM notes WHERE remark = ''") == [(STUDENTS,)]


def test_two_do_not_grade_the_same_class_at_once(full: Class) -> None:
    process = full.start("grade", "--jobs", "1")
    wait_for_verdicts(full, 1, process)
    assert "being graded already" in full.run("grade", code=2).stderr
    process.kill()
    process.communicate()


def test_a_worker_that_dies_is_replaced_and_its_submission_judged_again(full: Class) -> None:
    process = full.start("grade", "--jobs", "2", "--json")
    wait_for_verdicts(full, 2, process)
    for worker in workers(process):
        worker.kill()
    told, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert {student["remark"] for student in json.loads(told)[0]["students"]} == {""}
    assert full.verdicts() == len(full.grades()) == STUDENTS


def test_a_submission_on_which_workers_die_needs_a_look(classroom: Class, variants: Variants) -> None:
    """Without the sandbox, a submission may kill the process that judges it. It is not tried for ever."""
    for student, tree in variants(3):
        classroom.hand_in(student, tree)
    ((_, reference),) = variants(1)
    classroom.hand_in("killer", {**reference, "app/__init__.py": KILLER})
    done = classroom.run("grade", "--plain", "--jobs", "2", "--json", code=1)
    remarks = {student["student"]: student["remark"] for student in json.loads(done.stdout)[0]["students"]}
    assert remarks.pop("killer") == "The judge failed: its worker process died"
    assert set(remarks.values()) == {""}
    grades = classroom.grades()
    assert grades["killer"] == {"task_1_1": (None, True), "task_1_2": (None, True)}
    assert len(grades) == 4
    assert classroom.verdicts() == 3
    assert "1 needs a look" in done.stderr
    assert "killer: The judge failed: its worker process died" in classroom.run("report").stdout
