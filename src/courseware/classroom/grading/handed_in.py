"""What a class handed in for a step. It does without nbgrader, which takes a second to import."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from courseware.base.errors import UsageError
from courseware.base.text import encodable
from courseware.base.tree import digest
from courseware.classroom.judgements.journal import Key
from courseware.classroom.nbgrader import CourseFolder
from courseware.classroom.nbgrader.submissions import TIMESTAMP, project_in
from courseware.course import Step
from courseware.judging.intake import IntakeRefused
from courseware.judging.judgement import checks_version
from courseware.judging.sandbox import SandboxKind


@dataclass(frozen=True)
class HandedIn:
    """A student's submission.

    Args:
        step: what it was handed in for.
        key: what its verdict stands under; None when it cannot be taken in.
        refusal: then, why not.
        answers: why a person must look for its answers in words, or nothing.
        state: a digest of all that its place in the gradebook depends on.
    """

    student: str
    step: Step
    folder: CourseFolder
    key: Key | None
    refusal: str
    answers: str
    state: str

    def tree(self) -> dict[str, bytes]:
        """The project; nothing, if it has become one since then that cannot be taken in."""
        try:
            return project_in(self.folder, self.student, self.step).tree
        except IntakeRefused:
            return {}


def class_of(folder: CourseFolder, step: Step, *, sandbox: SandboxKind) -> list[HandedIn]:
    """All submissions for a step, in the order of the students' names.

    Raises UsageError when there are some for a step that the gradebook cannot know, since it was never released.
    """
    students = list(students_of(folder, step))
    if students and not (folder.root / "release" / step.slug).is_dir():
        raise UsageError(unknown_step(folder, step.slug))
    version = checks_version(folder.course, step, hidden=True)
    return [look_at(folder, step, student, version, sandbox=sandbox) for student in students]


def unknown_step(folder: CourseFolder, slug: str) -> str:
    """What to do when nbgrader does not know the step."""
    return f"The gradebook does not know {slug} yet. In {folder.root}, run: nbgrader generate_assignment {slug}"


def students_of(folder: CourseFolder, step: Step) -> Iterator[str]:
    """Who handed something in for a step, in order."""
    for place in sorted((folder.root / "submitted").glob("*")):
        if folder.submission(place.name, step.slug).is_dir():
            yield place.name


def look_at(folder: CourseFolder, step: Step, student: str, version: str, *, sandbox: SandboxKind) -> HandedIn:
    """A student's submission as it stands; `version` is that of the checks."""
    submission = folder.submission(student, step.slug)
    key, refusal = None, ""
    try:
        key = Key(digest(project_in(folder, student, step).tree), step.number, version, sandbox)
    except IntakeRefused as refused:
        refusal = encodable(str(refused))
    notebook = f"{step.slug}.ipynb"
    watched = (submission / notebook, submission / TIMESTAMP, folder.notebook(step.slug))
    graded = folder.root / "autograded" / student / step.slug / notebook
    gradebook = _identity(folder.root / "gradebook.db")
    answers = folder.notes.remark(submission / notebook)
    parts = (*(key or (refusal,)), answers, *(_moment(path) for path in watched), graded.exists(), gradebook)
    state = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()
    return HandedIn(student, step, folder, key, refusal, answers, state)


def _moment(path: Path) -> str:
    """A value that changes with each write of the file, or None if there is no file."""
    try:
        found = path.lstat()
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


def _identity(path: Path) -> str:
    """What changes when another file takes the place of this one."""
    try:
        return str(path.stat().st_ino)
    except OSError:
        return ""
