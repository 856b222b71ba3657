"""Builds the site with MkDocs, and writes its sources for another builder."""

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path

from courseware.base.errors import UsageError
from courseware.course import Course, find_course
from courseware.website.pages import sources

CONFIGURATIONS = ("mkdocs.yml", "mkdocs.uk.yml")
"""In this order: the second site stands in a folder of the first one."""
INSTALL = "Install it with `uv sync --group site`, or `pip install mkdocs-material`."


PATTERN = re.compile(r"^(?P<indent> *)- (?P<pattern>\S*\*\S*)$")
OF_MKDOCS = re.compile(r"^(hooks|watch):|^ *custom_dir:")
"""Settings that only MkDocs knows, or that name places of this repository."""


def build_site(course: Course, folder: Path) -> None:
    """Build the site in all languages into the folder. A warning is an error. Raises UsageError with what is wrong.

    The languages share one process, so that generated pages are made once.
    """
    shutil.rmtree(folder, ignore_errors=True)
    _run(course, "build", folder)


def write_sources(course: Course, folder: Path) -> None:
    """Write the sources of the English site into a folder, with an `mkdocs.yml` that needs no hook of MkDocs.

    Raises UsageError with what is wrong.
    """
    _run(course, "sources", folder)


def _run(course: Course, task: str, folder: Path) -> None:
    if find_spec("material") is None:
        raise UsageError(f"The site is built by MkDocs Material, which is not installed. {INSTALL}")
    if not (course.root / CONFIGURATIONS[0]).exists():
        raise UsageError(f"This course has no site: {course.root / CONFIGURATIONS[0]} is missing.")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "courseware.website.building", task, str(folder.resolve())],
        cwd=course.root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},  # which is no fault of a page
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise UsageError(f"The site could not be built.\n{done.stdout}")


def _build(folder: Path) -> None:
    """Build with each configuration. Ends the process with 1 after a warning."""
    import logging

    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort
    from mkdocs.utils import CountHandler

    log = logging.getLogger("mkdocs")
    log.addHandler(logging.StreamHandler(sys.stdout))
    counter = CountHandler()
    counter.setLevel(logging.WARNING)
    log.addHandler(counter)
    for name in CONFIGURATIONS:
        part = name.removeprefix("mkdocs").removesuffix("yml").strip(".")
        config = load_config(name, site_dir=str(folder / part), strict=True)
        config.plugins.on_startup(command="build", dirty=False)
        try:
            build(config)
        except Abort as fault:
            sys.exit(str(fault))
        config.plugins.on_shutdown()
    if counter.get_counts():
        sys.exit("Each warning is an error.")


def _write_sources(folder: Path) -> None:
    from mkdocs.config import load_config

    course = find_course()
    included = load_config(CONFIGURATIONS[0]).extra["included"]
    found = sources(course, "en", included)
    for path, source in found.items():
        place = folder / "site" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, str):
            place.write_text(source, encoding="utf-8")
        else:
            shutil.copyfile(source, place)
    lines = []
    for line in (course.root / CONFIGURATIONS[0]).read_text(encoding="utf-8").splitlines():
        if wanted := PATTERN.match(line):
            pages = [path for path in found if fnmatchcase(path, wanted["pattern"])]
            lines += [f"{wanted['indent']}- {page}" for page in pages]
        elif not OF_MKDOCS.match(line):
            lines.append(line.replace('base_path: ["."]', f'base_path: ["{course.root}"]'))
    (folder / CONFIGURATIONS[0]).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    {"build": _build, "sources": _write_sources}[sys.argv[1]](Path(sys.argv[2]))
