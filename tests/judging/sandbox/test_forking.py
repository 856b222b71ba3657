"""Applications as forks: each apart from the others, and started in the usual way where there can be no fork."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from courseware.judging.sandbox import ApplicationCommand, Limits, start_application
from courseware.judging.sandbox.forking import ForkRefused, ForkServer, _fork_server, expect_starts, fork_server

if TYPE_CHECKING:
    from tests.judging.sandbox.conftest import Start

pytestmark = pytest.mark.bubblewrap
AskToFork: TypeAlias = Callable[..., None]


@pytest.fixture
def server() -> Iterator[ForkServer]:
    """A fork server that a test may spoil."""
    server = ForkServer(["bcrypt"])
    yield server
    server.stop()


@pytest.mark.usefixtures("forks")
def test_nothing_of_an_application_is_there_for_another(attack: "Start") -> None:
    found, number = attack("leave_something").reached()
    found_by_other, number_of_other = attack("leave_something").reached()
    assert found == found_by_other
    assert found["/scratch/project"] == ["attack.py", "served.py"]
    assert found["/scratch"] == ["project", "tmp"]
    assert found["/dev/shm"] == found["/dev/pts"] == found["/scratch/tmp"] == []  # noqa: S108
    assert "left behind" not in found["/tmp"]  # noqa: S108
    assert number != number_of_other, "each draws numbers of its own"


@pytest.mark.usefixtures("forks")
def test_the_judge_keeps_nothing_of_a_fork() -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    start_application({"main.py": b""}, ApplicationCommand("main:create_app"), kind="bubblewrap").stop()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_file_with_the_name_of_a_library_stands_in_for_it(
    attack: "Start", server: ForkServer, ask_to_fork: AskToFork
) -> None:
    """As it does wherever the project is started."""
    ask_to_fork(server)
    assert attack("own_library", files={"bcrypt.py": b"MINE = 'mine'"}).reached() == "mine"
    with pytest.raises(ForkRefused, match="the name of a library"):
        server.fork({"bcrypt/__init__.py": b""}, {}, Limits(), [], lambda _: None)


def test_where_no_fork_can_be_had_the_start_is_the_usual_one(
    attack: "Start", server: ForkServer, ask_to_fork: AskToFork
) -> None:
    ask_to_fork(server)
    server.stop()
    assert attack("one_route_hangs").reached() == "well"


def test_a_machine_may_forbid_walls_inside_of_walls(
    attack: "Start", ask_to_fork: AskToFork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the security module of some distributions does: what bubblewrap starts gets no capabilities."""
    monkeypatch.setattr("courseware.judging.sandbox.bubblewrap.FORK_SERVER_CAPABILITIES", ())
    server = ForkServer([])
    ask_to_fork(server)
    try:
        assert attack("one_route_hangs").reached() == "well"
        with Path(os.devnull).open() as nothing, pytest.raises(ForkRefused, match="not permitted"):
            server.fork({}, {}, Limits(), [nothing.fileno()] * 4, lambda _: None)
    finally:
        server.stop()


def test_a_library_that_is_not_there_is_done_without() -> None:
    ForkServer(["no_such_library"]).stop()


def test_a_fork_server_that_does_not_come_up_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("courseware.judging.sandbox.forking._starts", itertools.count(1))
    monkeypatch.setattr("courseware.judging.sandbox.bubblewrap.FORK_SERVER", Path("/nowhere/fork_server.py"))
    assert fork_server(["comes up nowhere"]) is None


def test_the_first_application_of_all_is_not_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("courseware.judging.sandbox.forking._starts", itertools.count())
    assert fork_server(["fastapi"]) is None
    assert fork_server([]) is None
    server = fork_server(["fastapi"])
    assert server is not None
    assert fork_server(["fastapi"]) is server
    server.stop()
    _fork_server.cache_clear()


def test_where_starts_are_expected_the_first_one_is_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("courseware.judging.sandbox.forking._starts", itertools.count())
    expect_starts(["fastapi"])
    server = fork_server(["fastapi"])
    assert server is not None
    server.stop()
    _fork_server.cache_clear()
