"""A tree as a zip file: the same files give the same bytes, on every machine."""

import io
import zipfile
import zlib
from pathlib import Path

from courseware.project_tree import Tree

EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip file knows no earlier time, and the files' own would differ
REGULAR_FILE = 0o100644 << 16
UNIX = 3


def archive(tree: Tree, folder: str) -> bytes:
    """A zip file with all files of `tree` in one folder of this name.

    They are stored as they are: what compressing makes of them depends on the version of the machine's zlib.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as file:
        for path, content in sorted(tree.items()):
            entry = zipfile.ZipInfo(f"{folder}/{path}", EARLIEST)
            entry.create_system = UNIX
            entry.external_attr = REGULAR_FILE
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
