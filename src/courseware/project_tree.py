"""Puts together the application as it stands before and after each step, from files that are stored once."""

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from courseware.course import Course

Tree = Mapping[str, bytes]
"""A project's files: relative POSIX path -> content."""

# What running a project leaves behind; never part of it. Folder and file names, as fnmatch patterns.
GENERATED = (
    "__pycache__", ".venv", "venv", ".git", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis",
    ".ipynb_checkpoints", "node_modules", "htmlcov", ".coverage*", "*.pyc", "*.egg-info", "*.sqlite3",
    "*.sqlite3-*", "*.db", ".env", "uv.lock", ".DS_Store",
)  # fmt: skip


def is_generated(name: str) -> bool:
    """Whether a file or folder of this name is left behind by running a project rather than written by a person."""
    return any(fnmatchcase(name, pattern) for pattern in GENERATED)


def read_tree(folder: Path) -> dict[str, bytes]:
    """Every written file below a trusted `folder`, by path. (A submission goes through `courseware.intake`.)"""
    tree = {}
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_generated(name))
        for name in sorted(files):
            if not is_generated(name):
                path = Path(parent, name)
                tree[path.relative_to(folder).as_posix()] = path.read_bytes()
    return dict(sorted(tree.items()))


def write_tree(tree: Tree, folder: Path) -> None:
    """Writes every file of `tree` below `folder`, making folders as needed; other files there stay."""
    for path, content in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def finish(course: Course, number: int) -> dict[str, bytes]:
    """Return the reference after step `number`; 0 is the base that the first step starts from.

    The version of each file is the superseded copy of the first step from `number` on that has one, or else the
    finished file.
    """
    tree = read_tree(course.application_folder)
    for later in range(len(course.stages), number - 1, -1):
        tree |= read_tree(course.superseded_folder(later))
    return {path: content for path, content in sorted(tree.items()) if _brought(course, path, number)}


def changed(before: Tree, after: Tree) -> dict[str, bytes]:
    """The files of `after` that `before` lacks, or has otherwise."""
    return {path: content for path, content in after.items() if before.get(path) != content}


def start(course: Course, number: int) -> dict[str, bytes]:
    """What the student is handed for step `number`: the reference before it, under what is given and the starter files.

    A kit has no reference; there the starter files are all.
    """
    step, after = course.step(number), finish(course, number)
    given = {path: after[path] for path in step.lesson.given if path in after}
    return dict(sorted((finish(course, number - 1) | given | read_tree(step.starter_folder)).items()))


def _brought(course: Course, path: str, number: int) -> bool:
    """Whether the file belongs to the application after step `number`."""
    later = (step.lesson.adds for step in course.stages if step.number > number)
    return not any(fnmatchcase(path, pattern) for adds in later for pattern in adds)
