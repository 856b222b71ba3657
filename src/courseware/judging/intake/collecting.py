"""Gathers the files of a submission one by one and refuses what must not be among them."""

import sys
import sysconfig
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.machinery import PathFinder
from pathlib import PurePosixPath

from courseware.base.errors import UsageError
from courseware.base.tree import is_generated
from courseware.course.model import PYTEST_SETTINGS


def shadowed_modules(paths: Collection[str]) -> Iterator[tuple[str, str]]:
    """Of a project's paths, those at its root that hide a module, each with the module's name.

    A folder without `__init__.py` hides nothing: Python prefers the library.
    """
    for path in paths:
        name, _, rest = path.partition("/")
        if not rest and name.endswith(".py"):
            module = name.removesuffix(".py")
        elif rest == "__init__.py":
            module = name
        else:
            continue
        if module in sys.stdlib_module_names or _is_installed(module):
            yield path, module


def _is_installed(module: str) -> bool:
    libraries = list({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    spec = PathFinder.find_spec(module, libraries)
    return spec is not None and spec.origin is not None


MIB = 1024 * 1024
# Settings of pytest and Python, databases, what macOS puts into archives, and notebooks: no part of an application, and
# large once they hold outputs.
UNWANTED = (
    *PYTEST_SETTINGS, "sitecustomize.py", "usercustomize.py", "*.pth",
    "*.sqlite", "*.sqlite-*", "*.db-*", "__MACOSX", "._*", "*.ipynb",
)  # fmt: skip
ROOT_MARK = "pyproject.toml"
SHOWN_CHARACTERS = 80


class IntakeRefused(UsageError):
    """The submission cannot be taken in. The message says why in one sentence."""


@dataclass(frozen=True)
class IntakeLimits:
    """What a submission may hold at most. Sizes in bytes.

    Args:
        files: files and folders that are kept.
        dropped: entries of an archive that are dropped.
        depth: folders in each other.
        file: size of one file.
        total: size of all kept files.
        archive: size of the archive itself.
        ratio: how many times a file may be larger than its compressed form, from 1 MiB on.
    """

    files: int = 2_000
    dropped: int = 50_000
    depth: int = 20
    file: int = 4 * MIB
    total: int = 16 * MIB
    archive: int = 32 * MIB
    ratio: int = 100


@dataclass(frozen=True)
class Submission:
    """What was handed in.

    Args:
        tree: the project's files by path.
        dropped: paths that are no part of a project and were left out; of a left out folder, the folder.
        warnings: sentences about files that will surprise their author.
    """

    tree: dict[str, bytes]
    dropped: tuple[str, ...]
    warnings: tuple[str, ...]


class Collector:
    """Files go in by `wants` and `add`; `submission` is what came together. Everything raises IntakeRefused."""

    def __init__(self, limits: IntakeLimits, keep: Collection[str]) -> None:
        self.limits = limits
        self._keep = keep
        self._tree: dict[str, bytes] = {}
        self._dropped: dict[str, None] = {}
        self._spellings: dict[str, str] = {}
        self._kept_entries = 0
        self._dropped_entries = 0
        self._total = 0

    def wants(self, path: str) -> bool:
        """Whether this file or folder is to be read; notes it among the dropped ones if it is not.

        `path`: relative, with forward slashes, exactly as it was found.
        """
        parts = PurePosixPath(self._safe(path)).parts
        for number, part in enumerate(parts, start=1):
            if part not in self._keep and (is_generated(part) or any(fnmatchcase(part, name) for name in UNWANTED)):
                self._dropped["/".join(parts[:number])] = None
                self._dropped_entries += 1
                if self._dropped_entries > self.limits.dropped:
                    raise IntakeRefused(f"There are more than {self.limits.dropped} needless files in it.")
                return False
        self._kept_entries += 1
        if self._kept_entries > self.limits.files:
            raise IntakeRefused(f"There are more than {self.limits.files} files and folders in it.")
        self._note_spelling(parts)
        return True

    def add(self, path: str, content: bytes) -> None:
        """Takes the content of a file that is wanted."""
        path = str(PurePosixPath(path))
        if path in self._tree:
            raise IntakeRefused(f"{shown(path)} is in it twice.")
        self.check_size(path, len(content))
        self._total += len(content)
        self._tree[path] = content

    def check_size(self, path: str, size: int) -> None:
        """Refuses a file that is, or says that it is, too large to be taken in beside the others."""
        if size > self.limits.file:
            raise IntakeRefused(f"{shown(path)} is larger than {self.limits.file // MIB} MiB.")
        if self._total + size > self.limits.total:
            raise IntakeRefused(f"Its files are larger than {self.limits.total // MIB} MiB together.")

    def submission(self) -> Submission:
        """What came together. A single folder around the project, as archives often have it, is taken away."""
        tree = dict(sorted(self._tree.items()))
        for path in tree:
            if any(str(parent) in tree for parent in PurePosixPath(path).parents):
                raise IntakeRefused(f"{shown(path)} lies in something that is a file as well.")
        tops = {path.partition("/")[0] for path in tree}
        if len(tops) == 1 and f"{(top := tops.pop())}/{ROOT_MARK}" in tree:
            tree = {path.removeprefix(f"{top}/"): content for path, content in tree.items()}
        if not tree:
            raise IntakeRefused("There are no files in it.")
        warnings = tuple(
            f"{shown(path)} hides the module {module}, which the application or its libraries may need: rename it."
            for path, module in shadowed_modules(tree)
        )
        return Submission(tree=tree, dropped=tuple(sorted(self._dropped)), warnings=warnings)

    def _safe(self, path: str) -> str:
        """The path, if it is one that every system reads in the same way and that leads nowhere else."""
        parts = PurePosixPath(path).parts
        if not path.isprintable() or "\\" in path:
            raise IntakeRefused(f"The name {shown(path)} has characters in it that file names must not have.")
        if path.startswith("/") or ".." in parts or path[1:2] == ":":
            raise IntakeRefused(f"The name {shown(path)} leads out of the project.")
        if len(parts) > self.limits.depth or len(path) > 255:
            raise IntakeRefused(f"{shown(path)} lies too deep: {self.limits.depth} folders are allowed.")
        return path

    def _note_spelling(self, parts: tuple[str, ...]) -> None:
        """Refuses two names that are one and the same on systems that do not tell capital letters apart."""
        for number in range(1, len(parts) + 1):
            path = "/".join(parts[:number])
            first = self._spellings.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
            if first != path:
                raise IntakeRefused(f"{shown(first)} and {shown(path)} differ by capital letters only.")


def shown(path: str) -> str:
    """A path from a submission, safe and short enough to stand in a message."""
    text = path if path.isprintable() else ascii(path)[1:-1]
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
