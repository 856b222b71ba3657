"""Writes and updates the course folder. It keeps the changes of an instructor."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from courseware.base.errors import UsageError
from courseware.classroom.nbgrader.course_folder import ClassSettings, CourseFolder
from courseware.classroom.nbgrader.notes import content_digest
from courseware.course import Course
from courseware.course.stages import step_files

# Puts the judge in the place of running the students' notebooks. It is apart from the settings in Python on purpose:
# nbgrader reads it even where they have a mistake. Then it would go on with its own ways, which are to run every
# student's notebook with the instructor's rights.
NEVER_RUN_NOTEBOOKS = Path(__file__).with_name("nbgrader_config.json")
# The two settings files in Python. nbgrader reads them with get_config() at hand.
INSTRUCTOR = '''\
"""nbgrader's settings for this course. They are yours to change: `course nbgrader` keeps what you change here."""

from pathlib import Path

from courseware.nbgrader import configure

c = get_config()  # noqa: F821 - nbgrader's

# What depends on the course. That submissions are judged, and no notebook is run, stands in nbgrader_config.json.
configure(c, Path(__file__).parent)

c.CourseDirectory.course_id = {course_id}

# The folder through which students fetch and submit. All their accounts must reach it.
c.Exchange.root = {exchange}

# A late submission loses this percentage of its points for each day begun. Due dates are set in formgrader.
c.LatePenalty.percent_per_day = 0
'''
STUDENT = '''\
"""nbgrader's settings for a student of this course: hand it out to lie where assignments are fetched to."""

from pathlib import Path

from courseware.nbgrader import configure_student

c = get_config()  # noqa: F821 - nbgrader's
configure_student(c, Path(__file__).parent)

c.CourseDirectory.course_id = {course_id}
c.Exchange.root = {exchange}
'''


@dataclass(frozen=True)
class Written:
    """What became of the folder's files, by path.

    `kept` are files that an instructor changed: they are not overwritten. `backup` is the folder that holds what was
    replaced or removed all the same, because that was asked for.
    """

    written: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    backup: Path | None


def write_course_folder(
    course: Course, root: Path, *, course_id: str | None = None, exchange: Path | None = None, force: bool = False
) -> Written:
    """Writes nbgrader's course folder for `course`: settings, and every step's starters and notebook under source/.

    Args:
        root: the folder; it is made. One that holds other things is refused unless `force`.
        course_id: nbgrader's name for the course; by default as before, at first "course".
        exchange: the folder through which students fetch and submit; by default as before, at first one inside `root`.
        force: replace files that an instructor changed, after moving them to a dated backup.
    """
    folder = CourseFolder(root)
    if folder.is_ours:
        before = folder.record()
    elif root.exists() and (not root.is_dir() or any(root.iterdir())) and not force:
        raise UsageError(f"{root} was not made by this command. Name a new folder, or say --force.")
    else:
        before = ClassSettings(course=course.root, course_id="course", exchange=root / "exchange")
    wanted = {"course": course.root, "course_id": course_id, "exchange": exchange}
    record = before.model_copy(update={name: value for name, value in wanted.items() if value is not None})
    if not record.exchange.exists():  # formgrader does not open without it
        record.exchange.mkdir(parents=True)
        record.exchange.chmod(0o777)  # nbgrader demands it of every student; inside it keeps them apart
    return _Writing(folder, record, force).write(_files(course, record.course_id, record.exchange))


def _files(course: Course, course_id: str, exchange: Path) -> dict[str, bytes]:
    """The folder's files. No solution is among them: nbgrader would copy it to the students as it stands."""
    settings = {"course_id": json.dumps(course_id), "exchange": json.dumps(str(exchange))}
    files = {
        "nbgrader_config.py": INSTRUCTOR.format(**settings).encode(),
        "nbgrader_config.json": NEVER_RUN_NOTEBOOKS.read_bytes(),
        "for_students/nbgrader_config.py": STUDENT.format(**settings).encode(),
    }
    for step in course.steps:
        files |= {f"source/{step.slug}/{path}": content for path, content in step_files(course, step).items()}
    return files


class _Writing:
    """One run of writing. It distinguishes generated files from those that an instructor changed."""

    def __init__(self, folder: CourseFolder, record: ClassSettings, force: bool) -> None:
        self._folder = folder
        self._record = record
        self._before = record.written
        self._force = force
        self._backup = folder.backups / f"{datetime.now():%Y-%m-%d_%H-%M-%S_%f}"

    def write(self, files: Mapping[str, bytes]) -> Written:
        digests = {path: content_digest(content) for path, content in files.items()}
        wrong = [path for path in files if self._current(path) != digests[path]]
        gone = [path for path in self._before if path not in files and self._current(path) is not None]
        kept = [path for path in (*wrong, *gone) if self._was_changed(path)]
        self._folder.keep(self._record)
        if self._force:
            self._move_to_backup(kept)
            kept = []
        written = tuple(path for path in wrong if path not in kept)
        for path in written:
            self._write(path, files[path])
        removed = tuple(path for path in gone if path not in kept)
        for path in removed:
            (self._folder.root / path).unlink(missing_ok=True)
        # Of a file that stays as somebody changed it, what we wrote there before: so it never seems ours.
        left = {path: self._before.get(path, "") for path in kept}
        self._folder.keep(self._record.model_copy(update={"written": {**digests, **left}}))
        return Written(written, removed, tuple(kept), self._backup if self._backup.exists() else None)

    def _current(self, path: str) -> str | None:
        """The digest of what is there now, or None where nothing is."""
        target = self._folder.root / path
        if target.is_file():
            return content_digest(target.read_bytes())
        return "not a file" if target.exists() or target.is_symlink() else None

    def _was_changed(self, path: str) -> bool:
        """Whether something is there that is not what we left."""
        return self._current(path) not in (None, self._before.get(path))

    def _move_to_backup(self, paths: Iterable[str]) -> None:
        for path in paths:
            target = self._backup / path
            target.parent.mkdir(parents=True, exist_ok=True)
            (self._folder.root / path).rename(target)

    def _write(self, path: str, content: bytes) -> None:
        """Writes a file completely or not at all, so that after an interruption no file seems to be changed."""
        target = self._folder.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f"{target.name}.unfinished")
        unfinished.write_bytes(content)
        unfinished.replace(target)
