"""The standalone examples run alone, on this machine alone, and notice when something that they claim is not so."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.judging.sandbox import available

from ..expected import Edit, expected_in

ROOT = Path(__file__).parents[2]
WIDEST = 84
"""Characters: so much fits beside an editor."""
HAS_NO_NETWORK = ("bwrap", "--bind", "/", "/", "--dev", "/dev", "--unshare-net")
# Runs a script, and ends it as soon as Python's sockets shall reach another machine, or look for one.
ON_THIS_MACHINE_ALONE = """
import os, runpy, sys

def forbid(event, arguments):
    wanted = {"socket.connect": arguments[1:2], "socket.sendto": arguments[1:2], "socket.getaddrinfo": arguments[:1]}
    for place in wanted.get(event, ()):
        host = place[0] if isinstance(place, tuple) else place
        if host not in ("127.0.0.1", "localhost", None):
            os.write(2, f"{event} {host}".encode())
            os._exit(99)

sys.addaudithook(forbid)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def batched(edits: Iterable[tuple[str, Edit]]) -> Iterator[tuple[tuple[str, Edit], ...]]:
    """The edits in groups of `AT_ONCE`."""
    left = iter(edits)
    while together := tuple(islice(left, AT_ONCE)):
        yield together


COURSE = load_course(ROOT)
EXAMPLES = {
    f"{step.slug}/{path.name}": path for step in COURSE.steps for path in step.lesson_folder.glob("examples/*.py")
}
WITH_TESTS = [
    path for path in EXAMPLES.values() if re.search(r"^(async )?def test_", path.read_text("utf-8"), re.MULTILINE)
]
ARGUMENTS = {
    f"{step.slug}/{name}": arguments
    for step in COURSE.steps
    for name, arguments in expected_in(step.lesson_folder).arguments.items()
}
"""Arguments with which an example shows its claims."""
AT_ONCE = 3
"""Edits of an example that are tried in one run, which takes seconds. They belong to different claims."""
EDITS = {
    f"{step.slug}/{name}: {', '.join(what for what, _ in together)}": (
        step.lesson_folder / "examples" / name,
        [edit for _, edit in together],
    )
    for step in COURSE.steps
    for name, edits in expected_in(step.lesson_folder).examples.items()
    for together in batched(edits.items())
}


FRAME = re.compile("[┌┬┐├┼┤└┴┘─═━╭╮╰╯ ]+")
VARIES = re.compile(r"\S*\d\S*( (ms|s|seconds|minutes|hours|days|years)\b)?|no answer|answer")
"""What differs in each run: times, sizes, random values, and how many of something there was time for."""


def comparable(printed: str) -> list[str]:
    """The lines without frames and spaces, and with all that differs in each run made equal."""
    lines = [VARIES.sub("#", " ".join(FRAME.sub(" ", line).split())) for line in printed.splitlines()]
    return [line for line in lines if line]


def run(
    script: Path, folder: Path, arguments: Iterable[str] = (), *, guarded: bool = False
) -> subprocess.CompletedProcess[str]:
    """Runs the script as a student does, in an empty folder; a warning is an error. `guarded`: without a network, and
    it ends as soon as it looks for another machine."""
    guard = ["-c", ON_THIS_MACHINE_ALONE] if guarded else []
    program = HAS_NO_NETWORK if guarded and available().bubblewrap else ()
    command = [*program, sys.executable, "-W", "error", *guard, str(script), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=120, check=False)


def arguments_of(example: Path) -> tuple[str, ...]:
    return ARGUMENTS.get(f"{example.parents[1].name}/{example.name}", ())


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest) -> Path:
    return EXAMPLES[request.param]


def test_every_example_is_broken_by_an_edit() -> None:
    assert set(EXAMPLES.values()) == {path for path, _ in EDITS.values()}


def test_it_shows_every_claim_as_true_and_needs_no_network(example: Path, tmp_path: Path) -> None:
    result = run(example, tmp_path, arguments_of(example), guarded=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("✓") >= 15
    assert "✗" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= WIDEST
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - hidden files count too
    recorded = example.parents[1] / "output" / f"{example.stem}.txt"
    command = " ".join([str(example), *arguments_of(example)])
    renew = f"The site shows another output. Renew it: uv run python {command} > {recorded}"
    assert recorded.exists(), renew
    assert comparable(recorded.read_text(encoding="utf-8")) == comparable(result.stdout), renew


@pytest.mark.parametrize("name", EDITS)
def test_it_says_so_when_a_claim_does_not_hold(tmp_path: Path, name: str) -> None:
    path, edits = EDITS[name]
    source = path.read_text(encoding="utf-8")
    for edit in edits:
        assert source.count(edit.right) == 1
        source = source.replace(edit.right, edit.wrong)
    copy = tmp_path / "example.py"
    copy.write_text(source, encoding="utf-8")
    result = run(copy, tmp_path, arguments_of(path))
    assert result.returncode == 1
    not_so = [line for line in result.stdout.splitlines() if "✗ NOT SO" in line]
    for edit in edits:
        assert any(edit.claim in line for line in not_so), result.stdout


@pytest.mark.parametrize("path", WITH_TESTS, ids=lambda path: path.name)
def test_its_own_tests_pass_in_the_workspace_of_a_student(path: Path, tmp_path: Path) -> None:
    """The settings of pytest there are those of the application."""
    shutil.copy(ROOT / COURSE.application.path / "pyproject.toml", tmp_path)
    shutil.copy(path, tmp_path)
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", path.name]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
