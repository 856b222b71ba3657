"""Applies the change from one text to the next to a third one, another version of the same file."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher

from courseware.base.merging import merge_texts

MARKS = 40
"""So many characters make a mark of a conflict: no line of a course begins with as many of them."""
CONFLICT = re.compile(
    rb"^<{%d}[^\n]*\n(?P<own>.*?)^\|{%d}[^\n]*\n(?P<before>.*?)^={%d}[^\n]*\n(?P<after>.*?)^>{%d}[^\n]*\n"
    % (MARKS, MARKS, MARKS, MARKS),
    re.DOTALL | re.MULTILINE,
)
TELLING = 12
"""Characters of a line that tells where it is from."""


@dataclass(frozen=True)
class Picked:
    """A text with a change in it.

    Args:
        text: holds all of the change, unless there are `conflicts`.
        conflicts: the lines of the original text, counted from 1, at which the change does not apply.
    """

    text: bytes
    conflicts: tuple[int, ...]


def cherry_pick(before: bytes, after: bytes, other: bytes, *, meant: re.Pattern[bytes] | None = None) -> Picked | None:
    """Apply the change from `before` to `after` to `other`; return None if one of them is no text.

    git's three-way merge does it. Where git sees a conflict, the single changes in it are looked at, because the other
    versions of a file differ on purpose. A change beside lines that differ is made. A change of lines that `other` does
    not have is left out: an earlier stage does not have the code yet, or it is left to the student.

    Args:
        meant: the lines that `other` may have in place of those that change.
    """
    merged = merge_texts(before, other, after, "--diff3", f"--marker-size={MARKS}")
    if merged is None:
        return None
    lines, text, conflicts, end = set(other.splitlines(keepends=True)), b"", [], 0
    for conflict in CONFLICT.finditer(merged.text):
        text, end = text + merged.text[end : conflict.start()], conflict.end()
        old, own, new = (conflict[part].splitlines(keepends=True) for part in ("before", "own", "after"))
        both = _both(old, own, new, lines, meant)
        if both is None:
            conflicts.append(_line(other, text))
        text += b"".join(own if both is None else both)
    return Picked(text + merged.text[end:], tuple(conflicts))


@dataclass(frozen=True)
class _Edit:
    """The lines from `start` up to `end` become `lines`."""

    start: int
    end: int
    lines: Sequence[bytes]

    def meets(self, own: "_Edit") -> bool:
        """Whether this edit changes what an own one has changed, or inserts lines beside it, which may belong to it."""
        if self.start == self.end:
            return own.start <= self.start <= own.end
        return self.start < own.end and own.start < self.end


def _edits(old: Sequence[bytes], new: Sequence[bytes]) -> list[_Edit]:
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [_Edit(start, end, new[first:last]) for kind, start, end, first, last in codes if kind != "equal"]


def _both(
    old: Sequence[bytes],
    own: Sequence[bytes],
    new: Sequence[bytes],
    everywhere: Set[bytes],
    meant: re.Pattern[bytes] | None,
) -> list[bytes] | None:
    """The lines `own` with the change from `old` to `new` as far as it concerns them; None if a person must decide."""
    ours, theirs = _edits(old, own), []
    for edit in _edits(old, new):
        rivals = [own_edit for own_edit in ours if edit.meets(own_edit)]
        instead = [line for rival in rivals for line in rival.lines]
        if not rivals:
            theirs.append(edit)
            continue
        made_already = any(map(_is_telling, edit.lines)) and _holds(instead, edit.lines)
        leave_out = all(meant and meant.fullmatch(line) for line in instead) and not _elsewhere(old, edit, everywhere)
        if not made_already and not leave_out:
            return None
    lines = list(old)
    for edit in sorted((*ours, *theirs), key=lambda edit: (edit.start, edit.end), reverse=True):
        lines[edit.start : edit.end] = edit.lines
    return lines


def _elsewhere(old: Sequence[bytes], edit: _Edit, everywhere: Set[bytes]) -> bool:
    """Whether lines that an edit changes, or one of those between which it inserts others, stand at another place."""
    if edit.start == edit.end and edit.start in (0, len(old)):
        return True  # beside lines that both texts share
    changed = old[edit.start : edit.end] or old[edit.start - 1 : edit.start + 1]
    telling = list(filter(_is_telling, changed)) or changed
    return not telling or not everywhere.isdisjoint(telling)


def _is_telling(line: bytes) -> bool:
    """Whether a line is long enough not to stand in many places by chance, as `raise` does."""
    return len(line.strip()) >= TELLING


def _holds(lines: Sequence[bytes], run: Sequence[bytes]) -> bool:
    return any(lines[start : start + len(run)] == run for start in range(len(lines)))


def _line(text: bytes, beginning: bytes) -> int:
    """The number of the line of `text` that follows on what it shares with `beginning`."""
    matcher = SequenceMatcher(None, beginning.splitlines(), text.splitlines(), autojunk=False)
    return max((block.b + block.size for block in matcher.get_matching_blocks() if block.size), default=0) + 1
