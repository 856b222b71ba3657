"""What is noted about the files of submissions: which of them are ours, and which notebooks a person must look at.

The notes lie outside of the submissions, so that no student can write them.
"""

import hashlib
import stat
from pathlib import Path

from pydantic import ValidationError

from courseware.base.models import FrozenModel
from courseware.judging.intake import IntakeLimits


class Remark(FrozenModel):
    """What is strange about a submitted notebook: the SHA-256 (hex) of its content, and a sentence."""

    notebook: str
    text: str


class Notes:
    """The notes in `root`, a folder of our own in nbgrader's course folder."""

    def __init__(self, root: Path) -> None:
        self._ours = root / "ours"
        self._remarks = root / "remarks"

    def note_ours(self, content: bytes, meaning: str) -> bytes:
        """Note that we write a file with this content into a submission, and what it means. Returns the content.

        A student may hand in a file of the same name: only what is noted here is our word.
        """
        self._ours.mkdir(parents=True, exist_ok=True)
        (self._ours / content_digest(content)).write_text(meaning, encoding="utf-8")
        return content

    def meaning_of(self, file: Path) -> str:
        """What a file means that we wrote into a submission; empty for every other file."""
        digest = _digest_of(file)
        note = self._ours / digest
        return note.read_text(encoding="utf-8") if digest and note.is_file() else ""

    def remark(self, notebook: Path) -> str:
        """Why a person must grade all answers in this notebook of a submission, or nothing."""
        try:
            remark = Remark.model_validate_json(self._about(notebook).read_bytes())
        except (FileNotFoundError, ValidationError):
            return ""
        return remark.text if remark.notebook == _digest_of(notebook) else ""

    def keep_remark(self, notebook: Path, text: str) -> None:
        """Note that; an empty text stands for no reason. It holds for the notebook as it is now."""
        place = self._about(notebook)
        if not text:
            place.unlink(missing_ok=True)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        remark = Remark(notebook=_digest_of(notebook), text=text)
        place.write_text(remark.model_dump_json(), encoding="utf-8")

    def _about(self, notebook: Path) -> Path:
        """Where the remark about submitted/STUDENT/STEP/STEP.ipynb is kept."""
        return self._remarks / notebook.parts[-3] / f"{notebook.parts[-2]}.json"


def content_digest(content: bytes) -> str:
    """SHA-256 (hex) of a file's content."""
    return hashlib.sha256(content).hexdigest()


def is_small_file(path: Path, largest: int = IntakeLimits().file) -> bool:
    """Whether it is an ordinary file of at most this number of bytes."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= largest


def _digest_of(file: Path) -> str:
    """SHA-256 (hex) of a small file; empty where there is none."""
    return content_digest(file.read_bytes()) if is_small_file(file) else ""
