"""Makes a kit: a folder and a zip file beside it, whole or not at all, and never over anything else."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from courseware.author.leaks import LEAK_LINES, Secrets, Window, hidden_texts, windows_of
from courseware.author.mistakes import ALTERNATIVE_FILE, MISTAKES_FOLDER, alternatives_of
from courseware.base.errors import UsageError
from courseware.base.models import FrozenModel
from courseware.base.tree import Tree, archive, read_archive, read_tree, write_tree
from courseware.classroom.kit.contents import kit_files, steps_of
from courseware.course import Course, Step
from courseware.course.stages import finish, start
from courseware.judging.judgement import catalogue

ALTERNATIVE_LINES = 6
"""Longer runs than of the reference: a lesson shows how something is said, and an alternative says it so, too."""
RECORD = "kit.json"


def given_away(course: Course, count: int, files: Tree) -> Iterator[str]:
    """In words, every file of a kit with the first `count` steps that holds something which is kept back."""
    secrets = kept_back(course, count)
    for path, content in files.items():
        found = secrets.first_in(path, content)
        if found is not None:
            yield f"{path} would give away: {found}"


def kept_back(course: Course, count: int) -> Secrets:
    """What a kit with the first `count` steps may not hold.

    That is, by runs of lines, what solves the last of these steps or a later one, the alternatives, the known
    mistakes and the hidden checks; and of hidden checks the names and the sentences (their hints repeat the lesson).
    """
    handed_out = steps_of(course, count)
    kept = [number for number in course.stage_numbers if number >= handed_out[-1].number]
    lines = windows_of(*(finish(course, number) for number in kept))
    lines |= windows_of(*(read_tree(step.checks_folder / MISTAKES_FOLDER) for step in course.steps))
    lines -= _handed_out(course, handed_out, length=LEAK_LINES)
    alternatives: set[Window] = set()
    texts: set[str] = set()
    for step in course.steps:
        texts |= hidden_texts(catalogue(course, step, hidden=True))
        lines |= _hidden_lines(step)
        for alternative in alternatives_of(step):
            texts.add(" ".join(alternative.why.split()))
            tree = {path: code for path, code in read_tree(alternative.folder).items() if path != ALTERNATIVE_FILE}
            alternatives |= windows_of(tree, length=ALTERNATIVE_LINES)
    alternatives -= _handed_out(course, handed_out, length=ALTERNATIVE_LINES)
    return Secrets(frozenset(lines | alternatives), frozenset(texts))


def _handed_out(course: Course, steps: tuple[Step, ...], *, length: int) -> set[Window]:
    """The lines that these steps start from, in files of their reference or of the reference of the step before."""
    found: set[Window] = set()
    for step in steps:
        known = finish(course, step.number - 1).keys() | finish(course, step.number).keys()
        tree = {path: content for path, content in start(course, step.number).items() if path in known}
        found |= windows_of(tree, length=length)
    return found


def _hidden_lines(step: Step) -> set[Window]:
    """The lines of the hidden checks that no visible check shares."""
    visible = {path.name: path.read_bytes() for path in step.checks_folder.glob("*.py")}
    return windows_of(read_tree(step.hidden_checks_folder)) - windows_of(visible)


class KitManifest(FrozenModel):
    """What a kit consists of, so that it is known again. `files` holds the SHA-256 (hex) of each other file."""

    format: Literal[1] = 1
    title: str
    steps: int
    files: dict[str, str]


@dataclass(frozen=True)
class Kit:
    """A kit that was made: its folder, the zip file beside it, and its files."""

    folder: Path
    zip_file: Path
    files: Tree


def make_kit(course: Course, count: int, folder: Path) -> Kit:
    """Makes the kit with the course's first `count` steps, in place of an earlier one.

    Raises UsageError where something else is in the way, where the course is not whole, or where a file of the kit
    would give away what is kept back.
    """
    zip_file = folder.parent / f"{folder.name}.zip"
    _refuse_other_things(folder, zip_file)
    if not course.application_folder.is_dir():
        raise UsageError("This copy of the course has no solutions: it is a kit already.")
    files = kit_files(course, count)
    for sentence in given_away(course, count, files):
        raise UsageError(f"The kit was not made. {sentence}")
    files[RECORD] = _record(course, count, files)
    _put_in_place(files, folder, zip_file)
    return Kit(folder, zip_file, files)


def _record(course: Course, count: int, files: Tree) -> bytes:
    record = KitManifest(title=course.title, steps=count, files=_digests(files))
    return f"{record.model_dump_json(indent=2)}\n".encode()


def _digests(files: Tree) -> dict[str, str]:
    return {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}


def _put_in_place(files: Tree, folder: Path, zip_file: Path) -> None:
    """Writes everything aside, then moves it: each of the two appears at once, and an earlier one is gone only then."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}_unfinished_", dir=folder.parent) as unfinished:
        new, new_zip, old = (Path(unfinished, name) for name in ("new", "new.zip", "old"))
        write_tree(files, new)
        new_zip.write_bytes(archive(files, folder.name))
        replaced = folder.exists()
        if replaced:
            folder.rename(old)
        try:
            new.rename(folder)
        except BaseException:
            if replaced:
                old.rename(folder)
            raise
        new_zip.replace(zip_file)


def _refuse_other_things(folder: Path, zip_file: Path) -> None:
    """Raises UsageError where something lies that is not a kit of ours as we left it."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is there already, and no folder. Name a new one.")
    if folder.exists() and any(folder.iterdir()):
        if not (folder / RECORD).is_file():
            raise UsageError(f"{folder} was not made by this command. Name a new folder.")
        strange = _strange(_all_files(folder))
        if strange is not None:
            raise UsageError(f"{folder} is not as this command left it, see {strange}. Name a new folder.")
    if zip_file.is_symlink() or zip_file.exists():
        found = read_archive(zip_file, holding=RECORD) if zip_file.is_file() and not zip_file.is_symlink() else None
        if found is None or _strange(found) is not None:
            raise UsageError(f"{zip_file} was not made by this command. Name a new folder.")


def _all_files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, by path. Of what is no regular file the content is not looked at."""
    found = {}
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for name in (*files, *links):
            path = Path(parent, name)
            regular = path.is_file() and not path.is_symlink()
            found[path.relative_to(folder).as_posix()] = path.read_bytes() if regular else b""
    return found


def _strange(files: Tree) -> str | None:
    """The first file that does not belong to a kit as we left it, or None where all of them do."""
    try:
        told = KitManifest.model_validate_json(files[RECORD]).files
    except (KeyError, ValidationError):
        return RECORD
    found = _digests({path: content for path, content in files.items() if path != RECORD})
    return min((path for path in told.keys() | found.keys() if told.get(path) != found.get(path)), default=None)
