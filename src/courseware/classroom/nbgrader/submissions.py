"""A submission in nbgrader's folders: made safe before nbgrader copies it, then read for the judge."""

import json
import os
import secrets
import stat
import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from traitlets.log import get_logger

from courseware.base.errors import UsageError
from courseware.base.tree import is_generated
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.course import Step
from courseware.judging.intake import IntakeLimits, IntakeRefused, Submission, read_project

TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # noqa: S105 - the name of nbgrader's file
REFUSAL = "not_taken_in.txt"
"""Stands in place of a submission that was refused, and says why."""
NBGRADERS = (TIMESTAMP, SECRET)
SECRET_BYTES = 64
LONGEST_REFUSAL = 500


def project_in(folder: Path, step: Step) -> Submission:
    """Return the project in a collected submission for `step`, without notebook, lesson and nbgrader's own files.

    Raises IntakeRefused for what cannot be taken in, with a sentence that a student may read.
    """
    refusal = folder / REFUSAL
    if is_small_file(refusal):
        raise IntakeRefused(refusal.read_text(encoding="utf-8", errors="replace")[:LONGEST_REFUSAL].strip())
    submission = read_project(folder, step)
    tree = {path: content for path, content in submission.tree.items() if path not in NBGRADERS}
    if not tree:
        raise IntakeRefused("There is no file of the application in it.")
    return replace(submission, tree=tree)


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
    _refuse_if_needed(submission, step, notebook, aside)
    fault = _fault_of(notebook)
    if fault:
        _move([notebook], submission, aside)
        get_logger().warning("%s: %s An untouched notebook takes its place.", notebook, fault)
        notebook.write_bytes(stand_in(folder.notebook(slug), fault))
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


def _refuse_if_needed(submission: Path, step: Step, notebook: Path, aside: Path) -> None:
    try:
        project_in(submission, step)
    except UsageError as refused:
        stays = [*what_stays(submission, notebook.name), submission / REFUSAL]
        kept = {path for path in stays if is_small_file(path)}
        rest = [path for path in submission.iterdir() if path not in kept]
        if not rest and submission / REFUSAL in kept:
            return
        _move(rest, submission, aside)
        (submission / REFUSAL).write_text(f"{refused}\n", encoding="utf-8")
        get_logger().warning("%s is not taken in: %s What was handed in is in %s", submission, refused, aside)


def what_stays(submission: Path, notebook: str) -> list[Path]:
    """What is kept of a submission that is refused: its answers in words, and nbgrader's own files."""
    return [submission / name for name in (notebook, *NBGRADERS)]


def _fault_of(notebook: Path) -> str:
    """Why the notebook cannot be used, as a sentence for its author, or nothing."""
    if not notebook.exists() and not notebook.is_symlink():
        return "No notebook was handed in."
    if not is_small_file(notebook):
        return "The notebook that was handed in is a link, or too large."
    import nbformat  # takes more than a second, which whoever only reads submissions can do without

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nbformat.validate(nbformat.read(notebook, as_version=4))  # type: ignore[no-untyped-call]
    except Exception:  # whatever somebody may have written into it
        return "The notebook that was handed in cannot be read: it is damaged."
    return ""


def stand_in(official: Path, fault: str) -> bytes:
    """The step's notebook as it was released, under a sentence that says why it is here."""
    notebook = json.loads(official.read_bytes())
    sentence = f"**{fault}** This is an untouched one, without answers in words. The files were judged as they are."
    notebook["cells"].insert(0, {"cell_type": "markdown", "id": "stand_in", "metadata": {}, "source": [sentence]})
    return json.dumps(notebook, indent=1).encode()


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


def is_small_file(path: Path) -> bool:
    """Whether it is an ordinary file, no larger than any may be."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= IntakeLimits().file


def _move(paths: Sequence[Path], submission: Path, aside: Path) -> None:
    """Moves what there is of these paths of a submission to the same places below `aside`."""
    for path in paths:
        if path.exists() or path.is_symlink():
            target = aside / path.relative_to(submission)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
