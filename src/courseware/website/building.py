"""Builds the site with MkDocs, and writes its sources for another builder."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from courseware.base.errors import UsageError
from courseware.course import Course
from courseware.website.pages import sources

CONFIGURATIONS = ("mkdocs.yml", "mkdocs.uk.yml")
"""In this order: the second site stands in a folder of the first one."""
INSTALL = "Install it with `uv sync --group site`, or `pip install mkdocs-material`."


def build_site(course: Course, folder: Path) -> None:
    """Build the site in all languages into the folder. A warning is an error. Raises UsageError with what is wrong.

    The languages share one process, so that generated pages are made once.
    """
    if find_spec("material") is None:
        raise UsageError(f"The site is built by MkDocs Material, which is not installed. {INSTALL}")
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "courseware.website.building", str(folder.resolve())],
        cwd=course.root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},  # which is no fault of a page
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise UsageError(f"The site could not be built.\n{done.stdout}")


def write_sources(course: Course, folder: Path, language: str, included: dict[str, str]) -> None:
    """Write every page and file of the site in one language into a folder, for a builder that knows no hooks."""
    for path, source in sources(course, language, included).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, str):
            place.write_text(source, encoding="utf-8")
        else:
            shutil.copyfile(source, place)


def _build(folder: str) -> None:
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
        config = load_config(name, site_dir=str(Path(folder, part)), strict=True)
        config.plugins.on_startup(command="build", dirty=False)
        try:
            build(config)
        except Abort as fault:
            sys.exit(str(fault))
        config.plugins.on_shutdown()
    if counter.get_counts():
        sys.exit("Each warning is an error.")


if __name__ == "__main__":
    _build(sys.argv[1])
