"""A student works in a kit, with the engine that is in it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from courseware.base.tree import write_tree
from courseware.classroom.kit import Kit, make_kit
from courseware.course import Course, load_course
from courseware.course.stages import finish, start
from courseware.student.workspace import Workspace

ROOT = Path(__file__).parents[3]
Command = Callable[..., "subprocess.CompletedProcess[str]"]


def use(command: Command, course: Course, folder: Path, number: int) -> None:
    """Takes a step of the kit in `folder` from its start to the reference."""
    step = load_course(folder).step(number)
    work = Workspace(load_course(folder)).folder(step)

    started = command(folder, "start", str(number))
    assert started.returncode == 0, started.stderr
    assert {path: (work / path).read_bytes() for path in start(course, number)} == start(course, number)

    failed = command(folder, "check", str(number), "--plain", "--json")
    assert failed.returncode == 1, failed.stderr
    verdict = json.loads(failed.stdout)
    assert verdict["valid"]
    assert all(check["visible"] for check in verdict["checks"])
    assert not any(task["held"] for task in verdict["tasks"])

    write_tree(finish(course, number), work)
    held = command(folder, "check", str(number), "--plain", "--json")
    assert held.returncode == 0, held.stdout
    assert len(json.loads(held.stdout)["checks"]) == len(verdict["checks"])


@pytest.mark.parametrize("steps", [1, 2])
def test_a_step_of_the_miniature_course_is_worked_on(
    steps: int, command: Command, course: Course, tmp_path: Path
) -> None:
    kit = make_kit(course, steps, tmp_path / "kit")
    for number in range(1, steps + 1):
        use(command, course, kit.folder, number)


def test_a_step_of_the_real_course_is_worked_on_after_unpacking(command: Command, tmp_path: Path) -> None:
    course = load_course(ROOT)
    kit = make_kit(course, 1, tmp_path / "kit")
    shutil.unpack_archive(kit.zip_file, tmp_path / "home")
    use(command, course, tmp_path / "home" / "kit", 1)


@pytest.fixture
def kit(course: Course, tmp_path: Path) -> Kit:
    """A kit with the first step of the miniature course; the course itself is gone."""
    made = make_kit(course, 1, tmp_path / "kit")
    shutil.rmtree(course.root)
    return made


def test_the_kits_own_engine_runs(kit: Kit, command: Command) -> None:
    wording = kit.folder / "src/courseware/cli/workspace.py"
    wording.write_text(wording.read_text().replace('"""Show your points', '"""Show the engine in the kit', 1))
    assert "Show the engine in the kit" in command(kit.folder, "status", "--help").stdout


def test_hints_and_status_are_there(kit: Kit, command: Command) -> None:
    command(kit.folder, "start", "1")
    assert "Look at the route." in command(kit.folder, "hint", "greets").stdout
    assert command(kit.folder, "hint", "trims_name").returncode == 2
    status = command(kit.folder, "status")
    assert status.returncode == 0
    assert "Greeting" in status.stdout
    assert "Clock" not in status.stdout


@pytest.mark.parametrize("options", [(), ("--spoil",), ("--diff", "--spoil")])
def test_it_says_that_it_has_no_solutions(options: tuple[str, ...], kit: Kit, command: Command) -> None:
    command(kit.folder, "start", "1")
    done = command(kit.folder, "solution", "1", *options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "This copy of the course has no solutions.\n"


def test_a_step_that_was_not_handed_out_is_wrong_use(kit: Kit, command: Command) -> None:
    done = command(kit.folder, "start", "2")
    assert done.returncode == 2
    assert done.stderr == "There is no step 2. This course has: 1.\n"


def test_a_later_kit_goes_over_an_earlier_one_and_leaves_the_work(
    course: Course, command: Command, tmp_path: Path
) -> None:
    first = make_kit(course, 1, tmp_path / "week 1" / "kit")
    second = make_kit(course, 2, tmp_path / "week 2" / "kit")
    shutil.unpack_archive(first.zip_file, tmp_path / "home")
    home = tmp_path / "home" / "kit"
    command(home, "start", "1")
    mine = home / "workspace" / "step_1_greeting" / "app" / "greeting.py"
    mine.write_text("# mine\n")
    shutil.unpack_archive(second.zip_file, tmp_path / "home")
    assert command(home, "start", "2").returncode == 0
    assert mine.read_text() == "# mine\n"
