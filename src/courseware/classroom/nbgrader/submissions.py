"""A submission in nbgrader's folders: made safe before nbgrader copies it, then read for the judge."""

import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from traitlets.log import get_logger

from courseware.base.errors import UsageError
from courseware.base.tree import is_generated
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.classroom.nbgrader.notebooks import Found, choose, has_questions, stand_in
from courseware.classroom.nbgrader.notes import is_small_file
from courseware.course import Step
from courseware.judging.intake import IntakeRefused, NoProject, Submission, read_project
from courseware.judging.intake.collecting import NOTEBOOKS
from courseware.judging.intake.notebooks import LARGEST_NOTEBOOK, read_notebooks

TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # noqa: S105 - the name of nbgrader's file
REFUSAL = "not_taken_in.txt"
"""Stands in place of a submission that was refused, and says why, where our notes say that we wrote it."""
ORIGINAL = ".txt"
"""Is put after the name of a notebook that another one replaces: nbgrader shows no second notebook, but shows texts."""
NBGRADERS = (TIMESTAMP, SECRET)
SECRET_BYTES = 64


def project_in(folder: CourseFolder, student: str, step: Step) -> Submission:
    """Return the project in a collected submission for `step`, without notebook, lesson and nbgrader's own files.

    Raises IntakeRefused for what cannot be taken in, with a sentence that a student may read.
    """
    submission = folder.submission(student, step.slug)
    refusal = folder.notes.meaning_of(submission / REFUSAL)
    if refusal:
        raise IntakeRefused(refusal)
    notebook = submission / step.notebook.name
    ours = [notebook.name] if folder.notes.meaning_of(notebook) else []
    return read_project(submission, step, beside=(*NBGRADERS, REFUSAL, *ours))


def before_grading(*, assignment: str, student: str, notebooks: list[str]) -> None:  # noqa: ARG001 - nbgrader's names
    """nbgrader's `pre_convert_hook`: makes a submission safe before nbgrader copies and reads it.

    `notebooks` is nbgrader's own list of what it is going to convert: the step's notebook is added if it is not there.
    nbgrader works in the course folder.
    """
    submission = Path(notebooks[0]).parent
    try:
        notebook = make_safe(CourseFolder(Path.cwd()), submission.parent.name, submission.name)
    except Exception:  # nbgrader would go on without a word
        get_logger().exception("%s could not be prepared", submission)
        raise
    notebooks[:] = [str(submission / notebook.name)]


def make_safe(folder: CourseFolder, student: str, slug: str) -> Path:
    """Makes sure that nbgrader can copy and read a submission as it stands; returns the path of its notebook.

    nbgrader follows links and copies whatever there is. So of a submission that intake refuses, all files are moved to
    `.course/set_aside/`, and a note says why in their place. A notebook that cannot be read, or is not there, is
    replaced by an untouched one that says so. nbgrader's own two files, without which it cannot release feedback, are
    made where they are missing. Nothing is ever deleted. Raises UsageError for a slug that is no step's.
    """
    step = folder.step(slug)
    submission = folder.submission(student, slug)
    submission.mkdir(parents=True, exist_ok=True)
    notebook = submission / f"{slug}.ipynb"
    moment = _moment_of(submission)
    aside = folder.set_aside(student, slug)
    if not folder.notes.meaning_of(submission / REFUSAL):
        _move([submission / REFUSAL], submission, aside)
    folder.notes.keep_remark(notebook, _provide_notebook(folder, notebook, aside))
    _refuse_if_needed(folder, student, step, aside)
    if (submission / TIMESTAMP).exists() and not _is_timestamp(submission / TIMESTAMP):
        _move([submission / TIMESTAMP], submission, aside)
    _move(no_files(submission), submission, aside)
    for name, content in ((TIMESTAMP, f"{moment:%Y-%m-%d %H:%M:%S} UTC"), (SECRET, secrets.token_hex(SECRET_BYTES))):
        if not (submission / name).exists():
            (submission / name).write_text(content)
    return notebook


def no_files(folder: Path) -> list[Path]:
    """Whatever below a folder is a link, a pipe or the like, and neither file nor folder.

    What running a project leaves behind is passed over, as nbgrader passes over it.
    """
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not is_generated(name)]
        paths = [Path(parent, name) for name in (*folders, *files)]
        found += [path for path in paths if path.is_symlink() or not (path.is_file() or path.is_dir())]
    return found


def _refuse_if_needed(folder: CourseFolder, student: str, step: Step, aside: Path) -> None:
    submission = folder.submission(student, step.slug)
    try:
        project_in(folder, student, step)
    except NoProject:
        return  # its files are harmless, and what a person must look at
    except UsageError as refused:
        notebooks = (path for pattern in NOTEBOOKS for path in submission.glob(pattern))
        stays = (*notebooks, *(submission / name for name in (*NBGRADERS, REFUSAL)))
        kept = {path for path in stays if is_small_file(path, LARGEST_NOTEBOOK)}
        rest = [path for path in submission.iterdir() if path not in kept]
        if not rest and submission / REFUSAL in kept:
            return
        _move(rest, submission, aside)
        (submission / REFUSAL).write_bytes(refusal_note(folder, str(refused)))
        get_logger().warning("%s is not taken in: %s What was handed in is in %s", submission, refused, aside)


def refusal_note(folder: CourseFolder, reason: str) -> bytes:
    """The file that says in place of a submission why it was refused; it is noted as ours."""
    return folder.notes.note_ours(f"{reason}\n".encode(errors="backslashreplace"), reason)


def stand_in_note(folder: CourseFolder, slug: str, fault: str) -> bytes:
    """The notebook that takes the place of one that is missing or cannot be used; it is noted as ours."""
    return folder.notes.note_ours(stand_in(folder.notebook(slug).read_bytes(), fault), fault)


def _provide_notebook(folder: CourseFolder, notebook: Path, aside: Path) -> str:
    """Make sure that nbgrader can read the notebook; returns why a person must grade its answers, or nothing.

    Whatever it replaces stays in the submission, for the person, as long as it is an ordinary file.
    """
    submission, official = notebook.parent, folder.notebook(notebook.stem).read_bytes()
    fault = folder.notes.meaning_of(notebook)
    if not fault:
        before = notebook.read_bytes() if is_small_file(notebook, LARGEST_NOTEBOOK) else None
        found = _find_notebook(submission, notebook.name, official)
        fault = found.fault
        if not found.content or found.content != before:
            _put_away(notebook, aside)
            notebook.write_bytes(found.content or stand_in_note(folder, notebook.stem, fault))
        if fault:
            get_logger().warning("%s: %s A person must look for answers in words.", notebook, fault)
    return fault if has_questions(official) else ""


def _find_notebook(submission: Path, name: str, official: bytes) -> Found:
    try:
        return choose(name, notebooks_in(submission, name), official)
    except IntakeRefused as refused:
        return Found(fault=f"The notebook that was handed in is not taken in: {refused}")


def notebooks_in(submission: Path, name: str) -> dict[str, bytes]:
    """Every notebook below a folder, by path; where one of them cannot be taken in, the one of this name at its root.

    Raises IntakeRefused where that one cannot either.
    """
    try:
        return read_notebooks(submission)
    except IntakeRefused:
        if not is_small_file(submission / name, LARGEST_NOTEBOOK):
            raise
        with open(submission / name, "rb", opener=_without_links) as file:
            return {name: file.read(LARGEST_NOTEBOOK)}


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _put_away(notebook: Path, aside: Path) -> None:
    """Makes room for another notebook of this name."""
    original = notebook.with_name(f"{notebook.name}{ORIGINAL}")
    if not is_small_file(notebook, LARGEST_NOTEBOOK):
        _move([notebook], notebook.parent, aside)
    else:
        _move([original], notebook.parent, aside)
        notebook.rename(original)


def _moment_of(submission: Path) -> datetime:
    """The newest change of any file: the best guess at when something was handed in without a timestamp."""
    seconds = [path.lstat().st_mtime for path in submission.rglob("*") if path.is_file()]
    return datetime.fromtimestamp(max(seconds, default=submission.stat().st_mtime), UTC)


def _is_timestamp(path: Path) -> bool:
    """Whether nbgrader can read the moment in this file; it would give up on the submission otherwise."""
    from nbgrader.utils import parse_utc

    try:
        parse_utc(path.read_text(encoding="utf-8").strip())
    except Exception:  # of whatever kind: the parser does not say
        return False
    return True


def _move(paths: Sequence[Path], submission: Path, aside: Path) -> None:
    """Moves what there is of these paths of a submission to the same places below `aside`."""
    for path in paths:
        if path.exists() or path.is_symlink():
            target = aside / path.relative_to(submission)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
