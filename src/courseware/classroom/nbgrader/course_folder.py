"""Where things are in an instructor's nbgrader course folder, and which course it belongs to."""

import hashlib
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from courseware.base.errors import UsageError
from courseware.base.models import FrozenModel
from courseware.course import Course, Step, load_course

OWN = ".course"


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


def content_digest(content: bytes) -> str:
    """SHA-256 (hex) of a file's content."""
    return hashlib.sha256(content).hexdigest()
