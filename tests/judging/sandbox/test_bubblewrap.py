"""What a sandbox is shown of the disk: what Python needs, wherever it is installed, and nothing around it."""

import sys
import sysconfig
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from courseware.judging.sandbox import ApplicationCommand, available, start_application
from courseware.judging.sandbox.bubblewrap import (
    CODE_GUARD,
    DATABASE,
    FORK_SERVER,
    MACHINE,
    RUNNER,
    SUITE_RUNNER,
    _files,
)
from courseware.judging.sandbox.forking import ForkServer


def options() -> list[list[str]]:
    """Each option with its arguments."""
    grouped: list[list[str]] = []
    for part in _files():
        if part.startswith("--"):
            grouped.append([])
        grouped[-1].append(part)
    return grouped


def shown() -> list[Path]:
    return [Path(option[1]) for option in options() if option[0] == "--ro-bind-try"]


def test_no_folder_shown_holds_the_course(pytestconfig: pytest.Config) -> None:
    assert not any(pytestconfig.rootpath.is_relative_to(place) for place in shown())
    ours = [place for place in shown() if place.is_relative_to(pytestconfig.rootpath / "src")]
    assert ours == [RUNNER, SUITE_RUNNER, MACHINE, CODE_GUARD, FORK_SERVER, DATABASE]


def test_python_and_its_libraries_are_shown() -> None:
    for name in ("stdlib", "purelib", "platlib"):
        assert any(Path(sysconfig.get_path(name)).is_relative_to(place) for place in shown())


def test_a_course_inside_of_a_prefix_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with /usr/src/app in many container images."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "src" / "app").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert tmp_path / "lib" in shown()
    assert not any((tmp_path / "src" / "app").is_relative_to(place) for place in shown())


@pytest.mark.bubblewrap
@pytest.mark.parametrize("forked", [False, True])
def test_a_course_below_the_folder_for_temporary_files_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask_to_fork: Callable[..., None], forked: bool
) -> None:
    """The sandbox has a folder /tmp of its own, in which parts of the course may have to be shown."""
    variant = available().variant
    if variant is not None and variant.as_root and not variant.outer:
        pytest.skip("here root cannot show others a folder of its own")
    for name, program in (("RUNNER", RUNNER), ("FORK_SERVER", FORK_SERVER), ("DATABASE", DATABASE)):
        copy = tmp_path / program.name
        copy.write_bytes(program.read_bytes())
        monkeypatch.setattr(f"courseware.judging.sandbox.bubblewrap.{name}", copy)
    main = "open('/tmp/new', 'x').close()\nimport nowhere\n"
    command = ApplicationCommand("main:create_app")
    with ExitStack() as stack:
        if forked:
            server = ForkServer([])
            stack.callback(server.stop)
            ask_to_fork(server, always=True)
        running = stack.enter_context(start_application({"main.py": main.encode()}, command, kind="bubblewrap"))
        report = running.wait_ready(30)
    assert report.phase == "import"
    assert report.text.endswith("No module named 'nowhere'")


def test_an_executable_behind_links_is_shown_link_by_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "python").touch()
    (tmp_path / "second").symlink_to("installed/python")
    (tmp_path / "first").symlink_to(tmp_path / "second")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "first"))
    assert {tmp_path / "first", tmp_path / "second", tmp_path / "installed" / "python"} <= set(shown())


def test_everybody_may_go_through_the_folders_above() -> None:
    made: set[Path] = set()
    mode = ""
    for option in options():
        if option[0] == "--perms":
            mode = option[1]
        elif option[0] == "--dir":
            assert mode == "0755"
            made.add(Path(option[1]))
        elif option[0] == "--ro-bind-try":
            assert set(Path(option[1]).parents) <= made | {Path("/")}
