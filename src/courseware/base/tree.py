"""A project as a tree of files: read from a folder or a zip archive, written, compared and digested."""

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

Tree = Mapping[str, bytes]
"""A project's files: relative POSIX path -> content. Modes are no part of it: every file is written as a plain one."""

# What running a project leaves behind; never part of it. Folder and file names, as fnmatch patterns.
GENERATED = (
    "__pycache__", ".venv", "venv", ".git", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis",
    ".ipynb_checkpoints", "node_modules", "htmlcov", ".coverage", ".coverage.*", "*.pyc", "*.egg-info", "*.sqlite3",
    "*.sqlite3-*", "*.db", ".env", "uv.lock", ".DS_Store",
)  # fmt: skip
EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip file knows no earlier time, and the files' own would differ
PROGRAM, REGULAR_FILE = 0o100755 << 16, 0o100644 << 16
UNIX = 3


def is_generated(name: str) -> bool:
    """Whether a file or folder of this name is left behind by running a project rather than written by a person."""
    return any(fnmatchcase(name, pattern) for pattern in GENERATED)


def read_tree(folder: Path) -> dict[str, bytes]:
    """Every written file below a trusted `folder`, by path. (A submission goes through `courseware.judging.intake`.)"""
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


def changed(before: Tree, after: Tree) -> dict[str, bytes]:
    """The files of `after` that `before` lacks, or has otherwise."""
    return {path: content for path, content in after.items() if before.get(path) != content}


def digest(tree: Tree) -> str:
    """SHA-256 (hex) of a project's files, independent of their order."""
    total = hashlib.sha256()
    for path, content in sorted(tree.items()):
        total.update(f"{path}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def archive(tree: Tree, folder: str = "", *, programs: Collection[str] = ()) -> bytes:
    """A zip file with all files of `tree`, inside one folder of this name if there is one.

    The same files give the same bytes on every machine. So they are not compressed: the result of compression depends
    on the version of zlib. `programs` are the paths of the files that are executable.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as file:
        for path, content in sorted(tree.items()):
            entry = zipfile.ZipInfo(f"{folder}/{path}" if folder else path, EARLIEST)
            entry.create_system = UNIX
            entry.external_attr = PROGRAM if path in programs else REGULAR_FILE
            file.writestr(entry, content)
    return made.getvalue()


def read_archive(path: Path, *, holding: str) -> dict[str, bytes] | None:
    """The files in a zip file that has one of the name `holding`, without the one folder around them all.

    None where it is no such zip file; a strange one is not unpacked to find out.
    """
    try:
        with zipfile.ZipFile(path) as file:
            names = file.namelist()
            around = {name.partition("/")[0] for name in names}
            if len(around) != 1 or f"{min(around)}/{holding}" not in names:
                return None
            return {name.partition("/")[2]: file.read(name) for name in names}
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return None
