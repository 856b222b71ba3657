"""The class plan: its commands work, its blocks take 240 minutes, and both languages have the same structure."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from courseware.base.processes import wait_until
from courseware.cli.program import VERBS
from courseware.course import load_course

from .test_lesson_examples import EXAMPLES, ROOT

PLAN = (ROOT / "site/class_plan.md").read_text(encoding="utf-8")
TRANSLATION = (ROOT / "site/uk/class_plan.md").read_text(encoding="utf-8")
SHELL_BLOCK = re.compile(r"^ *```sh\n(?P<lines>.*?)^ *```$", re.MULTILINE | re.DOTALL)
QUICK_COMMAND = re.compile(r"^\| `(?P<command>uv run [^`]+)` \|", re.MULTILINE)
UV_RUN = re.compile(r"uv run (--project \S+ )?(--group \w+ )?")
"""The tests have the packages already: what follows it is run with the same Python."""
COURSE_FOLDERS = ("checks", "lessons", "notebooks", "site", "solutions", "starter")
FAIL = {"uv run course check 2 2.1", "uv run course check 5 5.4"}
"""Commands that exit with 1 while a task is not solved."""
REFUSED = "ENVIRONMENT=production uv run --project ../.. uvicorn app.main:create_app --factory"
IN_OTHER_TESTS = {"lab": "tests/student/lab/test_lab.py", "watch": "tests/cli/test_watch.py"}
"""Commands that run until the user ends them, and the tests that run them."""
SECONDS = 240
"""Seconds that a command may take on a busy machine."""

BLOCKS = [block["lines"].strip().splitlines() for block in SHELL_BLOCK.finditer(PLAN)]
COMMANDS = [(number, line.strip()) for number, lines in enumerate(BLOCKS) for line in lines]
QUICK_COMMANDS = [match["command"] for match in QUICK_COMMAND.finditer(PLAN)]


def shell(line: str, folder: Path) -> "subprocess.Popen[str]":
    """Start a line of the plan as a student does, without uv."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        ["bash", "-c", UV_RUN.sub("", line)],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )


def output_of(line: str, folder: Path, exit_code: int = 0) -> str:
    """What the line prints. Fails unless it ends with `exit_code`."""
    process = shell(line, folder)
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == exit_code, f"{line}\n{printed}"
    return printed


class Server:
    """A server that the plan starts, and the addresses at which it and its Redis are found."""

    def __init__(self, line: str, folder: Path) -> None:
        self._process = shell(line, folder)
        assert self._process.stdout
        self.printed = ""
        while "Ctrl-C" not in self.printed:
            printed = self._process.stdout.readline()
            assert printed, f"{line}\n{self.printed}"
            self.printed += printed
        self._web = re.findall(r"http://(127\.0\.0\.1:\d+)$", self.printed, re.MULTILINE)[0]
        self._redis_port = re.findall(r"redis://127\.0\.0\.1:(\d+)", self.printed)[0]
        assert wait_until(self._answers, SECONDS), line

    def _answers(self) -> bool:
        with suppress(OSError), urlopen(f"http://{self._web}/api/v1/health", timeout=SECONDS):
            return True
        return False

    def at_its_ports(self, line: str) -> str:
        """The line with the ports of this server in place of the usual ones, which may be taken."""
        return line.replace("127.0.0.1:8000", self._web).replace("port=6380", f"port={self._redis_port}")

    def stop(self) -> None:
        """End the server and all its processes."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.communicate(timeout=SECONDS)


@pytest.fixture(scope="module")
def course_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class")
    for name in COURSE_FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    return folder


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    """The server that runs, if any."""
    running: list[Server] = []
    yield running
    for server in running:
        server.stop()


def is_example(line: str) -> bool:
    """Whether the line runs an example. `test_lesson_examples` runs all of them."""
    words = UV_RUN.sub("", line).split()
    return words[0] == "python" and ROOT / words[1] in EXAMPLES.values()


def test_the_commands_of_all_blocks_work_one_after_the_other(course_folder: Path, servers: list[Server]) -> None:
    printed: dict[str, str] = {}
    folder, block = course_folder, -1
    for number, line in COMMANDS:
        if number != block:
            folder, block = course_folder, number
        if line.startswith("cd "):
            folder = course_folder / line.removeprefix("cd ")
        elif line.endswith("course run --reference"):
            while servers:
                servers.pop().stop()
            servers.append(Server(line, course_folder))
        elif not is_example(line):
            at_ports = servers[0].at_its_ports(line) if "127.0.0.1" in line or "port=" in line else line
            exit_code = 1 if line in FAIL or line == REFUSED else 0
            printed[line] = output_of(at_ports, folder, exit_code)
    registrations = next(text for line, text in printed.items() if line.startswith("for "))
    assert registrations.split() == ["201"] * 5 + ["429"]
    assert any("register" in text for line, text in printed.items() if "scan_iter" in line)
    assert "JWT_SECRET_KEY" in printed[REFUSED]
    assert all('"ok"' in text for line, text in printed.items() if line.startswith("curl "))


@pytest.mark.parametrize("command", QUICK_COMMANDS)
def test_the_quick_commands_work(command: str, course_folder: Path) -> None:
    words = UV_RUN.sub("", command).split()
    verb = words[1]
    assert (words[0], verb in VERBS) == ("course", True)
    if verb in IN_OTHER_TESTS:
        assert f'"{verb}"' in (ROOT / IN_OTHER_TESTS[verb]).read_text(encoding="utf-8")
    elif command not in {line for _, line in COMMANDS}:
        output_of("uv run course start 2 || true", course_folder)
        # Without --spoil, `course solution` judges the step first, as `course check` does.
        shortest = command.replace("CHECK", check_names()[0]).replace("--diff", "--diff --spoil")
        output_of(shortest, course_folder)


def check_names() -> list[str]:
    """Names of visible checks of step 2, as `course check 2` prints them."""
    files = load_course(ROOT).step(2).checks_folder.glob("test_*.py")
    return [
        name for path in sorted(files) for name in re.findall(r"^def test_(\w+)", path.read_text("utf-8"), re.MULTILINE)
    ]


def test_the_blocks_follow_each_other_for_240_minutes() -> None:
    rows = re.findall(r"^\| (\d):(\d\d) \| .+ \| (\d+) \|$", PLAN, re.MULTILINE)
    moment = 0
    for hours, minutes, length in rows:
        assert 60 * int(hours) + int(minutes) == moment
        moment += int(length)
    assert (len(rows), moment) == (10, 240)


def blocks_of(text: str) -> list[str]:
    """The sections of the nine blocks."""
    return [section for section in re.split(r"^## ", text, flags=re.MULTILINE) if "{ #block-" in section]


@pytest.mark.parametrize("text", [PLAN, TRANSLATION], ids=["en", "uk"])
def test_the_minutes_of_each_block_follow_each_other(text: str) -> None:
    blocks = blocks_of(text)
    assert len(blocks) == 9
    for block in blocks:
        start, end = (60 * int(hours) + int(minutes) for hours, minutes in re.findall(r"(\d):(\d\d)", block)[:2])
        spans = [(int(a), int(b)) for a, b in re.findall(r"^\| (\d+) – (\d+) \|", block, re.MULTILINE)]
        assert [b for _, b in spans[:-1]] == [a for a, _ in spans[1:]], block
        assert (spans[0][0], spans[-1][1]) == (0, end - start), block


def test_both_languages_have_the_same_structure_and_commands() -> None:
    def structure(text: str) -> list[tuple[str, ...]]:
        """Levels and ids of headings, code blocks, and the shapes of tables and lists."""
        code = [tuple(block["lines"].splitlines()) for block in SHELL_BLOCK.finditer(text)]
        headings = [(level, anchor) for level, anchor in re.findall(r"^(#+) [^{\n]+(\{ #\S+ \})?$", text, re.MULTILINE)]
        marks = [
            (mark, str(line.count(" | ")))
            for line in text.splitlines()
            for mark in re.findall(r"^(?:\||- \[ \]|- \*|\d\.)", line)
        ]
        links = [(target,) for target in re.findall(r"\]\(([^)]+)\)", text)]
        return [*code, *headings, *marks, *links]

    assert structure(TRANSLATION) == structure(PLAN)
    assert [m["command"] for m in QUICK_COMMAND.finditer(TRANSLATION)] == QUICK_COMMANDS
