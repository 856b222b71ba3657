"""An instructor's nbgrader course folder: where things are in it, and how nbgrader is configured to use the judge."""

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from courseware.base.errors import UsageError
from courseware.base.models import FrozenModel
from courseware.base.tree import GENERATED
from courseware.classroom.nbgrader.notes import Notes
from courseware.course import Course, Step, load_course
from courseware.course.stages import is_handed_in

OWN = ".course"
# nbgrader's own (the last one is where it puts what it fetches), ours, and what running a project leaves behind.
IGNORED = (
    ".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", ".course", ".nbgrader_cache", "*.sqlite", "*.sqlite-*",
    *GENERATED,
)  # fmt: skip
# kB. nbgrader leaves larger files out, and a notebook with large outputs has answers in it.
LARGEST_FILE = 100_000


class ClassSettings(FrozenModel):
    """What we know of the folder.

    `course_id` is nbgrader's name for the course, `exchange` the folder through which students fetch and submit.
    `written` holds, for every file that we wrote, the SHA-256 (hex) of its content.
    """

    format: Literal[1] = 1
    course: Path
    course_id: str
    exchange: Path
    written: dict[str, str] = {}


class CourseFolder:
    """The folder that nbgrader calls the course directory. Its own notes are in `.course/`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.own = root / OWN
        self.journal = self.own / "journal.sqlite3"
        self.backups = self.own / "backups"
        self.notes = Notes(self.own)
        self._record = self.own / "folder.json"

    @property
    def is_ours(self) -> bool:
        return self._record.is_file()

    @cached_property
    def course(self) -> Course:
        """The course whose steps are graded here. Raises UsageError."""
        return load_course(self.record().course)

    def step(self, slug: str) -> Step:
        """The step behind nbgrader's assignment of this name. Raises UsageError."""
        for step in self.course.steps:
            if step.slug == slug:
                return step
        known = ", ".join(step.slug for step in self.course.steps)
        raise UsageError(f"The course has no step {slug!r}. Its steps are {known}.")

    def submission(self, student: str, slug: str) -> Path:
        """Where nbgrader collects what a student handed in for a step."""
        return self.root / "submitted" / student / slug

    def notebook(self, slug: str) -> Path:
        """The step's notebook as the gradebook knows it: as it was released, or before that its source."""
        released = self.root / "release" / slug / f"{slug}.ipynb"
        return released if released.exists() else self.root / "source" / slug / f"{slug}.ipynb"

    def set_aside(self, student: str, slug: str) -> Path:
        """A new place for files of a submission that nbgrader must not touch."""
        return self.own / "set_aside" / student / slug / f"{datetime.now():%Y-%m-%d_%H-%M-%S_%f}"

    def record(self) -> ClassSettings:
        """What was written here for which course. Raises UsageError where it was not us, or the record is damaged."""
        try:
            return ClassSettings.model_validate_json(self._record.read_bytes())
        except FileNotFoundError:
            raise UsageError(f"{self.root} is no course folder. Make one: course nbgrader DIR") from None
        except ValidationError as error:
            raise UsageError(f"{self._record} is damaged ({error.errors()[0]['msg']}).") from error

    def keep(self, record: ClassSettings) -> None:
        """Writes the record, whole or not at all."""
        self.own.mkdir(parents=True, exist_ok=True)
        written = self._record.with_suffix(".new")
        written.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
        written.replace(self._record)


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
