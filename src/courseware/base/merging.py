"""Brings what a step changes into a student's project: file by file, through git's own three-way merge."""

import os
import re
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from courseware.base.errors import UsageError
from courseware.base.tree import Tree

BINARY = b"\0"
ERRORS = 128  # from here on git's exit code says that it failed; below, in how many places the texts disagree


@dataclass(frozen=True)
class Conflict:
    """A file that the step and the student changed in the same place.

    Args:
        path: where the step wants the file. What the student has there, if anything, stays as it is.
        beside: where the step's version is kept, and after it both in one text with git's marks, if they are texts.
    """

    path: str
    beside: tuple[str, ...]


@dataclass(frozen=True)
class Merge:
    """The project after a merge.

    Args:
        tree: all its files.
        merged: those that hold both the student's changes and the step's.
        conflicts: those where a person must decide.
    """

    tree: Tree
    merged: tuple[str, ...]
    conflicts: tuple[Conflict, ...]


def merge(base: Tree, mine: Tree, new: Tree, step: int) -> Merge:
    """The student's tree `mine` with everything in it that changes from `base` to `new`, which is what `step` brings.

    Nothing of the student's is taken away for it, but lines of `base` that the step takes away itself. In a conflict
    the student's file stays whole: marks in the middle of it would stop all of the application, and so everything that
    can be tried, until the last conflict is settled. Raises UsageError where git is missing.
    """
    require_git()
    tree, merged, conflicts = dict(mine), [], []
    names: dict[str, str] = {}
    for path, theirs in new.items():
        before, own, obstacle = base.get(path), mine.get(path), _obstacle(path, mine)
        if theirs in (before, own):
            continue
        both = None if obstacle else _merge_file(before, own, theirs, step)
        if both is not None and both.clean:
            tree[path] = both.text
            if own != before:
                merged.append(path)
            continue
        place = obstacle or path
        if place not in names:
            names[place] = _free(place, f".step_{step}", tree.keys() | new.keys())
        name = names[place] + path.removeprefix(place)
        beside = {name: theirs} if both is None else {name: theirs, f"{name}.merged": both.text}
        tree |= beside
        conflicts.append(Conflict(path, tuple(beside)))
    return Merge(dict(sorted(tree.items())), tuple(merged), tuple(conflicts))


def left_conflicts(tree: Tree, step: int) -> Iterator[str]:
    """The paths in a project beside which the step's version of a conflict still stands."""
    beside = re.compile(rf"(\.\d+)?\.step_{step}(?=/|$)")
    for path in tree:
        if beside.search(path):
            yield beside.sub("", path)


def _obstacle(path: str, mine: Tree) -> str | None:
    """The part of `path`, or all of it, that is taken by something else of the student's.

    That is a file where the step has a folder, or the other way round, or a name in other capital letters: many
    systems take those for the same, and a submission may not have both.
    """
    files = {_spelling(own): own for own in mine}
    folders = {_spelling(str(folder)) for own in mine for folder in PurePosixPath(own).parents}
    for folder in reversed(PurePosixPath(path).parents):
        if _spelling(str(folder)) in files:
            return str(folder)
    spelling = _spelling(path)
    return path if spelling in folders or files.get(spelling, path) != path else None


def _spelling(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _free(path: str, suffix: str, taken: set[str]) -> str:
    """`path` with the suffix; if that is taken, with the first of .2, .3, ... before it that is not."""
    free, number = path + suffix, 2
    while any(name in (free, f"{free}.merged") or name.startswith(f"{free}/") for name in taken):
        free, number = f"{path}.{number}{suffix}", number + 1
    return free


def _merge_file(base: bytes | None, mine: bytes | None, new: bytes, step: int) -> "MergedText | None":
    """Three versions of a file in one, where None stands for no file; None if nothing can hold both."""
    if mine == base:
        return MergedText(new, clean=True)
    labels = ("-L", f"yours, from step {step - 1}", "-L", f"before step {step}", "-L", f"step {step}")
    return None if mine is None else merge_texts(base or b"", mine, new, *labels)


@dataclass(frozen=True)
class MergedText:
    """Three versions of a text in one, with git's marks around every conflict unless it is `clean`."""

    text: bytes
    clean: bool


def merge_texts(base: bytes, mine: bytes, new: bytes, *options: str) -> MergedText | None:
    """Merge the changes from `base` to `mine` and from `base` to `new`; None if one of the three is no text.

    That all lines end in another way, or that the last one has no end, is what editors do, no change of any line.
    So all lines end as those of `mine` do, and only whether the last one ends at all is merged by itself.

    Args:
        options: of `git merge-file`, for the marks of a conflict.
    """
    if any(BINARY in version for version in (base, mine, new)):
        return None
    ends = _line_ends(mine)
    if ends and _line_ends(base) not in (ends, None):
        base, new = (version.replace(b"\r\n", b"\n").replace(b"\n", ends) for version in (base, new))
    end = ends or _line_ends(base) or _line_ends(new) or b"\n"
    base_ends, mine_ends, new_ends = (not version or version.endswith(b"\n") for version in (base, mine, new))
    wanted = new_ends if mine_ends == base_ends else mine_ends
    ended = (base if base_ends else base + end, mine if mine_ends else mine + end, new if new_ends else new + end)
    both = _git_merge_file(*ended, *options)
    return both if wanted or not both.clean else MergedText(both.text.removesuffix(end), both.clean)


def _line_ends(text: bytes) -> bytes | None:
    """How the lines of a text end; None if they do not all end in the same way, or if there is no end."""
    windows, all_ends = text.count(b"\r\n"), text.count(b"\n")
    if all_ends == 0 or windows not in (0, all_ends):
        return None
    return b"\r\n" if windows else b"\n"


def _git_merge_file(base: bytes, mine: bytes, new: bytes, *options: str) -> MergedText:
    with tempfile.TemporaryDirectory(prefix="course-merge-") as folder:
        for name, content in (("mine", mine), ("base", base), ("new", new)):
            Path(folder, name).write_bytes(content)
        done = _git("merge-file", "-p", *options, "mine", "base", "new", folder=folder)
    if not 0 <= done.returncode < ERRORS:
        raise RuntimeError(f"git merge-file ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return MergedText(done.stdout, clean=done.returncode == 0)


def require_git() -> None:
    """Raise UsageError where git is missing. (On macOS there is a `git` that only says how to install it.)"""
    try:
        runs = _git("--version", folder=tempfile.gettempdir()).returncode == 0
    except OSError:
        runs = False
    if not runs:
        raise UsageError("Merging needs git, which is not installed here: https://git-scm.com/downloads")


def _git(*arguments: str, folder: str) -> "subprocess.CompletedProcess[bytes]":
    """Runs git outside every repository and without the user's settings, which could change the form of its merge."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": folder,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(Path(folder).parent),
        "LC_ALL": "C",
    }
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
