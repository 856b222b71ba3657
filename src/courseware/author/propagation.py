"""Carries a change of one version of an application's file into its other versions and into the known mistakes."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from courseware.author.cherry_picking import cherry_pick
from courseware.author.mistakes import MISTAKES_FOLDER, mistakes_of
from courseware.author.requoting import CannotRequote, line_of, requote, with_quotes
from courseware.base.errors import UsageError
from courseware.base.merging import require_git
from courseware.course import Course, Step
from courseware.course.checks import VARIANTS
from courseware.course.stages import stored_file

STUB = re.compile(rb"\s*(#.*|raise NotImplementedError.*)?\s*")
"""A line that a starter has in place of what the student has to write."""
ANY = re.compile(rb".*\s*")
"""An alternative solves the task in another way."""
OTHER_LINES = "other lines stand here than those that have changed. Make the change by hand."


@dataclass
class Propagation:
    """What a change means for the rest of the course.

    Args:
        files: the new content of every file that changes, by its path in the course's folder.
        left: what could not be done, in sentences that begin with the place.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def propagate(course: Course, file: Path) -> Propagation:
    """Carry what has changed in `file` since the last commit into everything that repeats or quotes the file.

    That is the same file of the application at other stages, in the starters and in the alternatives, and the known
    mistakes. Nothing is written. A file in which the change conflicts with other lines stays as it is.

    Args:
        file: the finished version of an application's file, or a superseded one.

    Raises UsageError where there is no such change, or no git.
    """
    path = _application_path(course, file)
    require_git()
    place = _place(course, file)
    before, after = _committed(course, place), file.read_bytes()
    if before is None:
        raise UsageError(f"{place} is in no commit yet, so git cannot tell what has changed in it.")
    if before == after:
        raise UsageError(f"{place} is as it was committed. Run this after you have changed it, before you commit.")
    done = Propagation(files={place: after})
    for other, meant in _other_versions(course, path, file):
        content, elsewhere = other.read_bytes(), _place(course, other)
        picked = cherry_pick(before, after, content, meant=meant)
        if picked is None:
            done.left.append(f"{elsewhere}: this is no text. Replace it by hand.")
        elif picked.conflicts:
            done.left += [f"{elsewhere}:{line}: {OTHER_LINES}" for line in picked.conflicts]
        elif picked.text != content:
            done.files[elsewhere] = picked.text
    for step in course.steps:
        _requote_mistakes(course, step, path, done)
    del done.files[place]
    return done


def _application_path(course: Course, file: Path) -> str:
    """The path inside the application of a finished or a superseded version. Raises UsageError for another file."""
    if not course.application_folder.is_dir():
        raise UsageError("This copy of the course has no solutions.")
    superseded = [course.superseded_folder(number) for number in course.stage_numbers[:-1]]
    for folder in (course.application_folder, *superseded):
        if file.is_file() and file.is_relative_to(folder):
            return file.relative_to(folder).as_posix()
    raise UsageError(
        f"{file} is no file of the application. Name one in {course.application.path}, "
        f"or an earlier version in {superseded[0].parent.relative_to(course.root)}."
    )


def _place(course: Course, file: Path) -> str:
    return file.relative_to(course.root).as_posix()


def _committed(course: Course, place: str) -> bytes | None:
    """The content of a file in the last commit; None if it is not there. Raises UsageError outside a repository."""
    done = subprocess.run(["git", "show", f"HEAD:./{place}"], cwd=course.root, capture_output=True, check=False)
    if done.returncode == 0:
        return done.stdout
    inside = subprocess.run(["git", "rev-parse", "HEAD"], cwd=course.root, capture_output=True, check=False)
    if inside.returncode != 0:
        raise UsageError(f"{course.root} is no git repository with a commit, so nothing tells what has changed.")
    return None


def _other_versions(course: Course, path: str, file: Path) -> Iterator[tuple[Path, re.Pattern[bytes] | None]]:
    """Each other stored version of the application's file, and the lines that are meant to be other ones there."""
    earlier = [course.superseded_folder(number) for number in course.stage_numbers[:-1]]
    starters = [step.starter_folder for step in course.stages]
    alternatives = [
        folder
        for step in course.stages
        for name in ("alternatives", VARIANTS)
        for folder in sorted(step.checks_folder.glob(f"{name}/*/"))
    ]
    for folders, meant in (((*earlier, course.application_folder), None), (starters, STUB), (alternatives, ANY)):
        for folder in folders:
            if (folder / path).is_file() and folder / path != file:
                yield folder / path, meant


def _requote_mistakes(course: Course, step: Step, path: str, done: Propagation) -> None:
    """Bring the quotes of the mistakes in an application's file up to date with the version that the step has."""
    mistakes = [mistake for mistake in mistakes_of(step) if mistake.file == path]
    if not mistakes:
        return
    stored = stored_file(course, step.number, path)
    place, current = _place(course, stored), stored.read_bytes()
    old, new = _committed(course, place) or current, done.files.get(place, current)
    for file in sorted((step.checks_folder / MISTAKES_FOLDER).glob("*.toml")):
        source = file.read_text(encoding="utf-8")
        quotes = {}
        for mistake in mistakes:
            line = line_of(mistake, source)
            if line is None:
                continue
            try:
                quotes[mistake.id] = requote(mistake, old, new)
            except CannotRequote as reason:
                done.left.append(f"{_place(course, file)}:{line}: {mistake.id}: {reason}")
        rewritten = with_quotes(source, quotes)
        if rewritten != source:
            done.files[_place(course, file)] = rewritten.encode()
