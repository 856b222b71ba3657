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
NOTEBOOKS = ("*.ipynb", "*.ipynb.txt", "*.ipynb.json")
"""Names of notebooks. Browsers add an ending of their own to a notebook that they download."""
# Settings of pytest and Python, databases, what macOS puts into archives, and notebooks: no part of an application, and
# large once they hold outputs.
UNWANTED = (
    *PYTEST_SETTINGS, "sitecustomize.py", "usercustomize.py", "*.pth",
    "*.sqlite", "*.sqlite-*", "*.db-*", "__MACOSX", "._*", *NOTEBOOKS,
)  # fmt: skip
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
        place: the folder of what was handed in that holds the project; empty for the root.
    """

    tree: dict[str, bytes]
    dropped: tuple[str, ...]
    place: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about files that will surprise their author."""
        return tuple(
            f"{quoted(path)} hides the module {module}, which the application or its libraries may need: rename it."
            for path, module in shadowed_modules(self.tree)
        )


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
        parts = PurePosixPath(self.safe(path)).parts
        for number, part in enumerate(parts, start=1):
            if part not in self._keep and (is_generated(part) or any(fnmatchcase(part, name) for name in UNWANTED)):
                self._dropped["/".join(parts[:number])] = None
                self._dropped_entries += 1
                if self._dropped_entries > self.limits.dropped:
                    raise IntakeRefused(f"There are more than {self.limits.dropped} needless files in it.")
                return False
        return self.keeps(path)

    def wants_folder(self, path: str) -> bool:
        """Whether there may be wanted files in this folder; notes it among the dropped ones if not."""
        return self.wants(path)

    def keeps(self, path: str) -> bool:
        """Counts a file or folder that is wanted; always true."""
        self._kept_entries += 1
        if self._kept_entries > self.limits.files:
            raise IntakeRefused(f"There are more than {self.limits.files} files and folders in it.")
        self._note_spelling(PurePosixPath(self.safe(path)).parts)
        return True

    def add(self, path: str, content: bytes) -> None:
        """Takes the content of a file that is wanted."""
        path = str(PurePosixPath(path))
        if path in self._tree:
            raise IntakeRefused(f"{quoted(path)} is in it twice.")
        self.check_size(path, len(content))
        self._total += len(content)
        self._tree[path] = content

    def check_size(self, path: str, size: int) -> None:
        """Refuses a file that is, or says that it is, too large to be taken in beside the others."""
        if size > self.limits.file:
            raise IntakeRefused(f"{quoted(path)} is larger than {self.limits.file // MIB} MiB.")
        if self._total + size > self.limits.total:
            raise IntakeRefused(f"Its files are larger than {self.limits.total // MIB} MiB together.")

    def take_out(self, path: str) -> bytes:
        """Removes a file again and returns its content: an archive, whose files take its place."""
        return self._tree.pop(path)

    @property
    def paths(self) -> list[str]:
        """The paths of the files so far, sorted."""
        return sorted(self._tree)

    def submission(self) -> Submission:
        """What came together."""
        tree = dict(sorted(self._tree.items()))
        for path in tree:
            if any(str(parent) in tree for parent in PurePosixPath(path).parents):
                raise IntakeRefused(f"{quoted(path)} lies in something that is a file as well.")
        return Submission(tree=tree, dropped=tuple(sorted(self._dropped)))

    def safe(self, path: str) -> str:
        """The path, if it is one that every system reads in the same way and that leads nowhere else."""
        parts = PurePosixPath(path).parts
        if not path.isprintable() or "\\" in path:
            raise IntakeRefused(f"The name {quoted(path)} has characters in it that file names must not have.")
        if path.startswith("/") or ".." in parts or path[1:2] == ":":
            raise IntakeRefused(f"The name {quoted(path)} leads out of the project.")
        if len(parts) > self.limits.depth or len(path) > 255:
            raise IntakeRefused(f"{quoted(path)} lies too deep: {self.limits.depth} folders are allowed.")
        return path

    def _note_spelling(self, parts: tuple[str, ...]) -> None:
        """Refuses two names that are one and the same on systems that do not tell capital letters apart."""
        for number in range(1, len(parts) + 1):
            path = "/".join(parts[:number])
            first = self._spellings.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
            if first != path:
                raise IntakeRefused(f"{quoted(first)} and {quoted(path)} differ by capital letters only.")


def quoted(path: str) -> str:
    """A path from a submission as a message names it: printable, short, and in quotation marks.

    The marks show which words are the submission's: a file may be named like a sentence. Those in the path are escaped.
    """
    text = (path if path.isprintable() else ascii(path)[1:-1]).replace('"', '\\"')
    return f'"{text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"}"'
