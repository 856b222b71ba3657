"""Reads the notebooks in a submission. They are no part of the project and have limits of their own."""

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from courseware.base.tree import is_generated
from courseware.judging.intake.collecting import MIB, NOTEBOOKS, Collector, IntakeLimits
from courseware.judging.intake.placing import ARCHIVES, only_archive
from courseware.judging.intake.reading import collect, unpack_only_archive

LARGEST_NOTEBOOK = 20 * MIB
# Outputs may repeat themselves as often as they like: the size is what bounds them.
LIMITS = replace(IntakeLimits(), files=50, file=LARGEST_NOTEBOOK, total=2 * LARGEST_NOTEBOOK, ratio=LARGEST_NOTEBOOK)


class NotebookCollector(Collector):
    """Takes notebooks alone, and archives, in which there may be some. Everything else is passed over."""

    def wants(self, path: str) -> bool:
        name = PurePosixPath(path).name.lower()
        is_wanted = name.endswith(ARCHIVES) or any(fnmatchcase(name, pattern) for pattern in NOTEBOOKS)
        return is_wanted and self.wants_folder(str(PurePosixPath(path).parent)) and self.keeps(path)

    def wants_folder(self, path: str) -> bool:
        parts = PurePosixPath(self.safe(path)).parts
        return not any(is_generated(part) or part == "__MACOSX" or part.startswith("._") for part in parts)


def read_notebooks(path: Path) -> dict[str, bytes]:
    """The content of every notebook in a folder or an archive, or in the only archive in it, by path.

    Raises IntakeRefused.
    """
    collector = NotebookCollector(LIMITS, ())
    collect(path, collector)
    if only_archive(collector.paths) == next(iter(collector.paths), None):  # and there is no notebook
        unpack_only_archive(collector)
    tree = collector.submission().tree
    return {name: content for name, content in tree.items() if not name.lower().endswith(ARCHIVES)}
