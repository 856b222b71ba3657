"""What a course keeps to itself, and the search for it in what is released."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from courseware.base.tree import Tree
from courseware.checking.check import CheckEntry

LEAK_LINES = 3
Window = tuple[str, ...]


@dataclass(frozen=True)
class Secrets:
    """`lines` are runs of lines, of any lengths; `texts` are words whose white space is single spaces."""

    lines: frozenset[Window] = frozenset()
    texts: frozenset[str] = frozenset()

    def first_in(self, path: str, content: bytes) -> str | None:
        """A secret that the file gives away, or None. Of a notebook the text behind its JSON is searched too."""
        for released in (content, notebook_text(content)) if path.endswith(".ipynb") else (content,):
            text = " ".join(released.decode(errors="replace").split())
            given_away = [secret for secret in sorted(self.texts) if secret in text]
            for length in {len(run) for run in self.lines}:
                given_away += [window[0] for window in windows(released, length) if window in self.lines]
            if given_away:
                return given_away[0]
        return None


def windows(content: bytes, length: int = LEAK_LINES) -> Iterator[Window]:
    """Every run of `length` lines, spaces at their ends and empty lines aside; imports alone say nothing."""
    lines = [line.strip() for line in content.decode(errors="replace").splitlines() if len(line.strip()) > 1]
    for window in zip(*(lines[first:] for first in range(length)), strict=False):
        if not all(line.startswith(("import ", "from ")) for line in window):
            yield window


def windows_of(*trees: Tree, length: int = LEAK_LINES) -> set[Window]:
    """The runs of `length` lines in all files of these trees."""
    return {window for tree in trees for content in tree.values() for window in windows(content, length)}


def hidden_texts(entries: Iterable[CheckEntry]) -> set[str]:
    """The names and sentences of those checks that are hidden."""
    return {text for entry in entries if not entry.visible for text in (f"test_{entry.id}", entry.sentence)}


def notebook_text(notebook: bytes) -> bytes:
    """All text in a notebook, that of its outputs too, as it stands there for a reader."""
    return "\n".join(_strings(json.loads(notebook))).encode(errors="replace")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)
