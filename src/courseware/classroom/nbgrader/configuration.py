"""What nbgrader must be told so that submissions are judged, for instructors and for students."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from courseware.base.tree import GENERATED
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.course.handout import is_handed_in

# nbgrader's own (the last one is where it puts what it fetches), ours, and what running a project leaves behind.
IGNORED = (
    ".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", ".course", ".nbgrader_cache", "*.sqlite", "*.sqlite-*",
    *GENERATED,
)  # fmt: skip
LARGEST_FILE = 20_000  # kB; larger ones would be refused in any case


def configure(c: Any, root: Path) -> None:
    """Sets, in nbgrader's configuration `c`, what else it needs for this course.

    `root`: the course folder, as `course nbgrader` wrote it. Raises UsageError for any other.
    """
    folder = CourseFolder(root)
    _configure_both(c, folder.own / "nbgrader_cache")
    c.CourseDirectory.root = str(root)
    c.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    # Otherwise nbgrader puts the starters in the place of what the student wrote.
    slugs = [step.slug for step in folder.course.steps]
    c.Autograde.exclude_overwriting = {slug: _editable(root / "source" / slug) for slug in slugs}
    c.OverwriteCells.add_missing_cells = True
    c.FileNameCollectorPlugin.named_regexp = _archived(slugs)
    # A new gradebook is made by Alembic's command, which is installed beside nbgrader's but perhaps not on the PATH.
    _search_first("PATH", str(Path(sys.executable).parent), os.defpath)
    # Templates in which formulas stay as they were typed: in nbgrader's own, each page loads MathJax from a CDN.
    _search_first("JUPYTER_PATH", str(Path(__file__).with_name("jupyter")), "")


def configure_student(c: Any, root: Path) -> None:
    """Sets, in nbgrader's configuration `c`, what students need to fetch and submit. `root`: where they work."""
    _configure_both(c, root / ".nbgrader_cache")
    c.ExchangeSubmit.strict = True  # a submission without its notebook could not be graded


def _configure_both(c: Any, cache: Path) -> None:
    c.CourseDirectory.ignore = list(dict.fromkeys(IGNORED))
    c.CourseDirectory.max_file_size = LARGEST_FILE
    c.Exchange.cache = str(cache)
    c.KernelManager.transport = "ipc"


def _archived(slugs: Iterable[str]) -> str:
    """Return a pattern for downloaded/STEP/extracted/ARCHIVE/FILE, where ARCHIVE is STUDENT or STUDENT_STEP."""
    step = "|".join(slugs)
    return rf".*?/downloaded/[^/]+/extracted/(?P<student_id>[^/]+?)(?:_(?:{step}))?/(?P<file_id>.+)"


def _search_first(variable: str, folder: str, default: str) -> None:
    """Puts a folder at the head of those that an environment variable lists, unless it is among them."""
    places = os.environ.get(variable, default).split(os.pathsep)
    if folder not in places:
        os.environ[variable] = os.pathsep.join(filter(None, [folder, *places]))


def _editable(source: Path) -> list[str]:
    """Every file of the project that is handed out: a student may edit any of them."""
    paths = (path.relative_to(source).as_posix() for path in sorted(source.rglob("*")) if path.is_file())
    return [path for path in paths if is_handed_in(path)]
