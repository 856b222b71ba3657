"""Attacks on the judge, each run for real in bubblewrap: nothing outside changes, the judge goes on, nothing leaks."""

import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from courseware.base.text import printable
from courseware.checking import CheckFailed, Request
from courseware.judging.sandbox import ApplicationCommand, Limits, available, start_application

if TYPE_CHECKING:
    from tests.judging.sandbox.conftest import Start

pytestmark = pytest.mark.bubblewrap
MIB = 1024 * 1024
NO_ANSWER = (OSError, HTTPException)
CANARY = "nobody may see this"


@pytest.fixture(params=["started", "forked"], autouse=True)
def way(request: pytest.FixtureRequest) -> str:
    """In each way in which bubblewrap comes to run an application."""
    way: str = request.param
    if way == "forked":
        request.getfixturevalue("forks")
    return way


def send(start: "Start", name: str, path: str = "/") -> CheckFailed:
    """How a check that asks this program fails."""
    program = start(name)
    assert program.running.wait_ready(30).phase == "ready"
    with pytest.raises(CheckFailed) as failed:
        _ = program.application.send(Request("GET", path)).json
    return failed.value


def processes_with(mark: str) -> list[str]:
    """The processes of this machine whose name or command line holds `mark`."""
    found = []
    for file in [*Path("/proc").glob("[0-9]*/comm"), *Path("/proc").glob("[0-9]*/cmdline")]:
        try:
            if mark.encode() in file.read_bytes():
                found.append(file.parent.name)
        except OSError:
            continue
    return found


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether it holds within this time."""
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


# Ends, hangs and silence


def test_exit_code_0_at_import_is_no_success(attack: "Start") -> None:
    program = attack("exit_at_import")
    report = program.running.wait_ready(30)
    assert report.phase == "ended"
    assert "ended by itself with exit code 0" in report.text
    with pytest.raises(CheckFailed) as failed:
        program.application.send(Request("GET", "/"))
    assert failed.value.key == "application_ended"


def test_exit_in_a_request_fails_that_request(attack: "Start") -> None:
    program = attack("exit_in_a_request")
    assert program.reached() == "well"
    with pytest.raises(CheckFailed) as failed:
        program.application.send(Request("GET", "/exit"))
    assert failed.value.key == "application_ended"


def test_endless_import_is_told_with_its_line(attack: "Start") -> None:
    program = attack("endless_import")
    while (report := program.running.wait_ready(0.5)).text.count("attack.py") < 2:
        assert report.phase == "timeout"
    assert "still being imported" in report.text
    assert 'File "attack.py", line 6, in <module>' in report.text
    assert "spin()" in report.text


def test_a_program_that_lets_no_thread_run_is_stopped(attack: "Start") -> None:
    mark = f"9{uuid.uuid4().int % 10**12}"
    program = attack("hold_the_lock", MARK=mark)
    assert eventually(lambda: bool(processes_with(mark)), 30)
    assert program.running.wait_ready(0.1).phase == "timeout"
    program.running.stop()
    assert eventually(lambda: not processes_with(mark))


def test_blocked_loop_does_not_hold_up_the_judge(attack: "Start") -> None:
    program = attack("blocked_loop")
    with pytest.raises(TimeoutError):
        program.reached(seconds=0.5)


def test_one_hanging_route_leaves_the_others(attack: "Start") -> None:
    program = attack("one_route_hangs")
    assert program.reached() == "well"
    with pytest.raises(TimeoutError):
        program.reached("/hang", seconds=0.5)
    assert program.reached() == "well"


def test_stopping_itself_has_no_effect(attack: "Start") -> None:
    program = attack("stop_itself")
    program.reached()
    assert program.is_well()


# Resources


def test_fork_bomb_is_bounded(attack: "Start") -> None:
    assert attack("fork_bomb").reached() < Limits().processes


def test_thread_bomb_is_bounded_but_forty_threads_fit(attack: "Start") -> None:
    program = attack("thread_bomb", limits=Limits(processes=200))
    assert 20 <= program.reached() < 200


def test_forty_threads_fit_into_the_limits(attack: "Start") -> None:
    assert attack("thread_bomb").reached() >= 40


def test_allocating_more_than_the_address_space_is_refused(attack: "Start") -> None:
    program = attack("allocate")
    assert program.reached() == "MemoryError"
    assert program.is_well()


def test_memory_files_are_refused(attack: "Start") -> None:
    assert attack("memfd").reached() == "EPERM"


def test_memory_of_all_processes_together_is_bounded(attack: "Start") -> None:
    if available().cgroup is None:
        pytest.skip("no control groups here")
    program = attack("allocate_in_forks", limits=Limits(memory=256 * MIB))
    try:
        assert program.reached() == "killed"
    except NO_ANSWER:  # the first process itself may be the one that is taken
        assert program.running.ended == "It used more memory than the 256 MiB that it may."


def test_disk_is_bounded_and_all_else_read_only(attack: "Start") -> None:
    program = attack("fill_disk")
    filled = program.reached()
    written = {folder: amount for folder, amount in filled.items() if isinstance(amount, int)}
    assert set(written) <= {"/tmp", "/scratch", "/scratch/project", "/dev/shm"}  # noqa: S108
    assert written["/tmp"] <= Limits().disk // MIB  # noqa: S108
    assert written.get("/scratch", 0) + written.get("/scratch/project", 0) <= Limits().disk // MIB
    assert written["/dev/shm"] <= Limits().shared_memory // MIB  # noqa: S108
    assert {amount for amount in filled.values() if isinstance(amount, str)} <= {"EROFS", "EACCES", "ENOSPC"}
    assert program.is_well()


def test_one_large_file_is_cut(attack: "Start") -> None:
    _, size = attack("large_file").reached()
    assert size == Limits().file_size


def test_many_files_are_bounded_by_their_memory(attack: "Start") -> None:
    if available().cgroup is None:
        pytest.skip("no control groups here")
    program = attack("many_files", limits=Limits(memory=96 * MIB))
    try:
        assert program.reached() < 200_000
    except (*NO_ANSWER, ValueError):  # the kernel kills it, or has no memory left for it to answer
        assert program.running.ended in (None, "It used more memory than the 96 MiB that it may.")


# Secrets


def test_nothing_of_the_machine_can_be_read(
    attack: "Start", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text(CANARY)
    monkeypatch.setenv("CANARY", CANARY)
    root = pytestconfig.rootpath
    targets = [
        canary, root / "pyproject.toml", root / "README.md", root / "checks", root / "src/courseware/__init__.py",
        root / "tests/conftest.py", Path.home() / ".bashrc", Path("/etc/shadow"), Path("/etc/passwd"),
        Path("/etc/hostname"), Path("/proc/1/environ"), Path("/proc/self/environ"), Path("/proc/1/cmdline"),
        Path("/sys/kernel"), Path("/run"), Path("/var/log"), Path("/dev/sda"), Path("/dev/mem"),
    ]  # fmt: skip
    libraries = f"{sys.prefix}:{sys.base_prefix}"
    program = attack("read_files", TARGETS=":".join(map(str, targets)), LIBRARIES=libraries)
    assert set(program.reached().values()) == {"ENOENT"}
    assert program.reached("/found") == []
    assert canary.read_text() == CANARY


@pytest.mark.parametrize("database", [{}, {"DATABASE": "{path}"}])
def test_a_clean_place_is_all_that_it_sees(
    attack: "Start", monkeypatch: pytest.MonkeyPatch, database: dict[str, str]
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", CANARY)
    seen = attack("look_around", database=database).reached()
    assert set(seen["environment"]) <= {
        "PATH",
        "LANG",
        "HOME",
        "TMPDIR",
        "LIBRARIES",
        "LD_LIBRARY_PATH",
        "PWD",
        "LC_CTYPE",
        *database,
    }
    assert len(seen["descriptors"]) == 5, "input, output, errors, the listening socket and the control socket"
    assert seen["user"][0] == seen["user"][1] != 0
    assert 0 not in seen["user"][3]
    assert seen["capabilities"] == [0, False, False]
    assert seen["process"] == 1
    assert not seen["proc"]
    assert seen["host"] == "sandbox"
    where_python_lives = {Path(place).parts[1] for place in (sys.prefix, sys.base_prefix)}
    assert not {"home", "var", "run", "opt", "mnt", "sys", "proc"} & set(seen["root"]) - where_python_lives


def test_nothing_outside_can_be_reached(attack: "Start", tmp_path: Path) -> None:
    address, abstract = str(tmp_path / "socket"), f"courseware-{uuid.uuid4().hex}"
    with ExitStack() as stack:
        listeners = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))),
            stack.enter_context(socket.socket(socket.AF_UNIX)),
            stack.enter_context(socket.socket(socket.AF_UNIX)),
        ]
        listeners[1].bind(f"\0{abstract}")
        listeners[2].bind(address)
        for listener in listeners:
            listener.listen()
            listener.setblocking(False)
        port = str(listeners[0].getsockname()[1])
        reached = attack("connect_out", PORT=port, ABSTRACT=abstract, SOCKET=address).reached()
        for listener in listeners:
            with pytest.raises(BlockingIOError):
                listener.accept()
    assert set(reached.values()) <= {"ECONNREFUSED", "ENETUNREACH", "EADDRNOTAVAIL", "ENOENT", "EAFNOSUPPORT", "EPERM"}
    assert reached["hypervisor"] == reached["netlink"] == reached["packet"] == "EAFNOSUPPORT"
    assert reached["raw"] == "EPERM"


# Harm


def test_the_judge_cannot_be_killed(attack: "Start") -> None:
    program = attack("kill_others", JUDGE=str(os.getpid()))
    assert str(os.getpid()) not in program.reached()
    # Its own threads have numbers that take signals; as process 1 it does not die of them.
    assert program.is_well()


def test_libraries_cannot_be_changed(attack: "Start") -> None:
    standard = os.path.dirname(os.__file__)  # noqa: PTH120
    before = sorted(os.listdir(standard))  # noqa: PTH208
    program = attack("change_libraries", LIBRARIES=f"{standard}:{Path(pytest.__file__).parents[1]}")
    reached = program.reached()
    assert reached[f"{standard}/os.py"] == "EROFS"
    assert set(reached.values()) <= {"EROFS", "ENOENT"}, "the second where a file is a link to what is not shown"
    assert sorted(os.listdir(standard)) == before  # noqa: PTH208


def test_daemons_die_with_the_sandbox(attack: "Start") -> None:
    mark = f"9{uuid.uuid4().int % 10**12}"
    program = attack("daemon", MARK=mark)
    program.reached()
    assert eventually(lambda: bool(processes_with(mark)))
    owners = {Path("/proc", process).stat().st_uid for process in processes_with(mark)}
    assert 0 not in owners, "seen from outside too, root runs nothing of it"
    program.running.stop()
    assert eventually(lambda: not processes_with(mark))


@pytest.mark.parametrize("disable_userns", [True, False])
def test_system_calls_that_break_out_are_refused(
    attack: "Start", monkeypatch: pytest.MonkeyPatch, disable_userns: bool
) -> None:
    """Also where the kernel cannot be told to refuse namespaces, as in a container."""
    found = available()
    assert found.variant is not None
    if disable_userns and not found.variant.disable_userns:
        pytest.skip("the kernel cannot be told so here")
    changed = replace(found, variant=replace(found.variant, disable_userns=disable_userns))
    monkeypatch.setattr("courseware.judging.sandbox.starting.available", lambda: changed)
    program = attack("system_calls")
    reached = program.reached()
    assert set(reached.values()) <= {"EPERM", "ENOSYS", "EINVAL", "ValueError"}
    assert reached["setuid"] == reached["setgid"] == "EINVAL", "there is no other user inside"
    assert reached["clone3"] == "ENOSYS"
    assert reached["raise limit"] == "ValueError"
    assert program.is_well()


def test_nobody_becomes_root(attack: "Start") -> None:
    reached = attack("become_root").reached()
    assert reached.pop("user") != 0
    assert 0 not in reached.values()


# Hostile answers


@pytest.mark.parametrize(
    ("name", "path", "key"),
    [
        ("endless_body", "/", "answer_too_large"),
        ("packed_body", "/", "not_json"),
        ("deep_json", "/", "not_json"),
        ("no_http", "/continue", "not_http"),
        ("no_http", "/header", "not_http"),
        ("no_http", "/noise", "not_http"),
    ],
)
def test_hostile_answers_fail_the_check(attack: "Start", name: str, path: str, key: str) -> None:
    assert send(attack, name, path).key in (key, "connection_closed")


def test_a_dripping_answer_is_late(attack: "Start") -> None:
    assert send(attack, "dripping_body").key == "no_answer"


# The log


def test_an_endless_log_ends_the_program(attack: "Start") -> None:
    program = attack("endless_log")
    with pytest.raises(NO_ANSWER):
        program.reached()
    assert program.running.ended == "It printed more than 8 MiB."
    assert len(program.running.log) <= Limits().log_kept


def test_escapes_in_the_log_are_text_for_views_to_escape(attack: "Start") -> None:
    program = attack("escapes_in_log")
    program.reached()
    assert eventually(lambda: "</script>" in program.running.log)
    assert "\x1b" not in printable(program.running.log)
    assert "\u202e" not in printable(program.running.log)


# The sandbox's own channel


def test_a_forged_report_serves_nobody(attack: "Start") -> None:
    program = attack("forge_report", MESSAGE="ready")
    assert program.running.wait_ready(30).phase == "ready"
    with pytest.raises(TimeoutError):
        program.reached(seconds=0.5)


@pytest.mark.parametrize("message", ["noise", "endless line", "odd", "deep", "flood"])
def test_noise_in_the_channel_ends_the_program(attack: "Start", message: str) -> None:
    program = attack("forge_report", MESSAGE=message)
    assert program.running.wait_ready(30).phase == "ended"
    assert program.running.ended == "It wrote into the sandbox's own channel."


def test_closing_the_channel_ends_the_program(attack: "Start") -> None:
    program = attack("close_channel")
    assert program.running.wait_ready(30).phase == "ended"
    assert program.running.ended is not None


def test_keeping_the_clock_from_moving_ends_the_program(attack: "Start", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("courseware.judging.sandbox.started_application.ANSWER_SECONDS", 0.3)
    program = attack("deaf_to_the_clock")
    assert program.reached() == "well"
    program.running.move_clock(None)
    assert program.running.ended == "Its clock could not be moved."


# The end of the judge


def test_it_outlives_the_thread_that_started_it(attack: "Start") -> None:
    programs = []
    thread = threading.Thread(target=lambda: programs.append(attack("one_route_hangs")))
    thread.start()
    thread.join()
    assert programs[0].reached() == "well"


def test_it_dies_with_the_judge(tmp_path: Path, way: str) -> None:
    mark = f"9{uuid.uuid4().int % 10**12}"
    script = tmp_path / "judge.py"
    script.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from courseware.judging.sandbox import ApplicationCommand, start_application\n"
        "folder = Path(sys.argv[1])\n"
        "tree = {file.name: file.read_bytes() for file in (folder / 'daemon.py', folder / 'served.py')}\n"
        "command = ApplicationCommand('daemon:create_app', None, {'MARK': sys.argv[2]}, imports=('fastapi',))\n"
        "for _ in range(int(sys.argv[3])):  # only what is started later is forked\n"
        "    running = start_application(tree, command, kind='bubblewrap')\n"
        "with running.connect(30) as connection:\n"
        "    connection.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n"
        "    connection.recv(100)\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    attacks = Path(__file__).parent / "attacks"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}  # killed, it cannot clean up after itself
    command = [sys.executable, str(script), str(attacks), mark, str(["started", "forked"].index(way) + 1)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as judge:
        assert judge.stdout is not None
        try:
            assert judge.stdout.readline() == b"up\n"
            assert eventually(lambda: len(processes_with(mark)) > 1), "the judge and the daemon"
        finally:
            judge.kill()
    assert eventually(lambda: not processes_with(mark))


def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    command = ApplicationCommand("attack:create_app")
    running = start_application({"attack.py": b""}, command, kind="bubblewrap")
    assert running.wait_ready(30).phase == "import"
    running.stop()
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == descriptors  # noqa: PTH208
