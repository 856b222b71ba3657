"""What every test may rely on: tests that need a program are skipped without it, or fail where all must run."""

import math
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock

from courseware.base.tree import write_tree
from courseware.course import Course, load_course
from courseware.judging.sandbox import available

MINIATURE = Path(__file__).parent / "miniature_course"
SECOND = MINIATURE.with_name("second_course")
NEW_STEP = MINIATURE.with_name("new_step")
TESTED_STEP = MINIATURE.with_name("tested_step")
DEPLOYED_STEP = MINIATURE.with_name("deployed_step")
LONG_TIMEOUT = 1800
"""Seconds for a test with the mark `long`, some of which run a whole suite; the others have those of pyproject.toml."""
COURSES = (MINIATURE, SECOND, NEW_STEP, TESTED_STEP, DEPLOYED_STEP)
collect_ignore = [folder.name for folder in COURSES]  # their checks are the judge's to run


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A copy of the miniature course, which a test may spoil, with a workspace of its own."""
    root = tmp_path / "course"
    shutil.copytree(MINIATURE, root, ignore=shutil.ignore_patterns("workspace", "__pycache__"))
    return load_course(root)


@pytest.fixture
def tested_course(course: Course) -> Course:
    """The miniature course with a third step, which judges the tests of a student."""
    shutil.copytree(TESTED_STEP, course.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return load_course(course.root)


@pytest.fixture
def deployed_course(course: Course) -> Course:
    """The miniature course with a third step, which judges a deployment."""
    shutil.copytree(DEPLOYED_STEP, course.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return load_course(course.root)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def made_once(shared_folder: Path) -> Callable[[str, Callable[[Path], None]], Path]:
    """Finds a folder by name for all workers of this run. The first that asks for it has it made; copy what you change.

    `make` gets the path of an empty folder.
    """

    def find(name: str, make: Callable[[Path], None]) -> Path:
        folder, done = shared_folder / name, shared_folder / f"{name}.done"
        with FileLock(shared_folder / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return find


DEPLOYMENT_FILES = {
    ".dockerignore": b"*\n!app\n",
    ".env.example": b"GREETING=Hello\n",
    ".github/workflows/ci.yml": b"on: push\n",
    "Dockerfile": b"FROM scratch\n",
    "conftest.py": b"COLLECT = True\n",
    "docker-compose.yml": b"services: {}\n",
    "docs/logo.png": b"\x89PNG\0\r\n",
    "render.yaml": b"services: []\n",
    "start.sh": b"#!/bin/sh\nexec uvicorn app.main:create_app --factory\n",
    "tests/conftest.py": b"",
    "tests/test_clock.py": b"def test_date() -> None:\n    pass\n",
}
HANDS_IN = """\
adds = ["app/clock.py", ".*", "Dockerfile", "conftest.py", "docs/**", "*.yml", "*.yaml", "start.sh", "tests/**"]
hands_in = ["conftest.py", "tests/**"]
"""


@pytest.fixture
def deployment_course(course: Course) -> Course:
    """The miniature course, in whose step 2 students also write tests and the files of a deployment."""
    write_tree(DEPLOYMENT_FILES, course.application_folder)
    lesson = course.step(2).lesson_folder / "lesson.toml"
    text = lesson.read_text().replace('adds = ["app/clock.py"]\n', HANDS_IN)
    given = ", ".join(f'"{path}"' for path in DEPLOYMENT_FILES if path not in ("Dockerfile", "tests/test_clock.py"))
    lesson.write_text(text.replace('given = ["app/main.py"]', f'given = ["app/main.py", {given}]'))
    write_tree({"Dockerfile": b"# TODO\n", "tests/test_clock.py": b"# TODO\n"}, course.step(2).starter_folder)
    return load_course(course.root)


def pytest_configure() -> None:
    """Takes back that signals are ignored, as in whatever a shell starts in the background.

    Programs inherit that, and the tests end theirs by such signals.
    """
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every worker begins with its share of the long tests, or at the end processors wait for the last of them.

    `--dist=worksteal` hands each worker as many tests as the others, in the order that stands here; without this the
    first one would have all that come first.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.get_closest_marker("long") is not None]
    others = [item for item in items if item.get_closest_marker("long") is None]
    for item in long:
        item.add_marker(pytest.mark.timeout(LONG_TIMEOUT))
    share = math.ceil(len(others) / workers)
    items.clear()
    for worker in range(workers):
        items += long[worker::workers] + others[worker * share : (worker + 1) * share]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Sees to the mark `bubblewrap`. With COURSE_REQUIRE_ALL=1 a test that cannot run is a failure."""
    if item.get_closest_marker("bubblewrap") is not None and not available().bubblewrap:
        _do_without(f"no bubblewrap: {available().reason}")


@pytest.fixture(scope="session")
def do_without() -> Callable[[str], NoReturn]:
    """Ends a test for which a program is missing: it is skipped, or fails with COURSE_REQUIRE_ALL=1."""
    return _do_without


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("COURSE_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
