"""Links of files that become pages: their targets in the repository become pages or files of the site."""

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^][]|\[[^]]*\])*)\]\((?P<target>[^)\s]+)\)")
DEFINITION = re.compile(r"^\[(?P<name>[^]]+)\]: (?P<target>\S+)$", re.MULTILINE)
SOURCES = "files/"
"""The folder of the site with copies of files that pages link to."""
SHOWN_AS_TEXT = ".txt"
"""Appended to the name of a copy, so that a browser shows it and does not save it."""


class LinkMap:
    """Knows where the files of a repository are on the site, and collects those that must be copied to it.

    Args:
        root: the folder of the repository.
        pages: the page of each file that has one, by path in the repository: `{"CHANGELOG.md": "changelog.md"}`.
    """

    def __init__(self, root: Path, pages: Mapping[str, str]) -> None:
        self._root = root
        self._pages = dict(pages)
        self.copies: dict[str, Path] = {}
        """Files to copy, by their path on the site."""

    def rewrite(self, text: str, source: str, page: str) -> str:
        """Markdown whose links work on the site.

        A link to a folder becomes plain text, because a site has no folders to show.

        Args:
            source: the path of the text in the repository, to which its links are relative.
            page: the path of the page on the site.
        """
        parts = FENCE.split(text)
        for number in range(0, len(parts), 2):  # the others are code blocks
            parts[number] = INLINE.sub(self._inline(source, page), parts[number])
            parts[number] = DEFINITION.sub(self._definition(source, page), parts[number])
        return "".join(parts)

    def target(self, link: str, source: str, page: str) -> str | None:
        """The link as the page has it; None where it leads to a folder."""
        if urlsplit(link).scheme or link.startswith("#"):
            return link
        path, _, anchor = link.partition("#")
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if (self._root / file).is_dir():
            return None
        place = self._pages.get(file) or self._copy(file)
        relative = posixpath.relpath(place, posixpath.dirname(page) or ".")
        return f"{relative}#{anchor}" if anchor and place.endswith(".md") else relative

    def _copy(self, file: str) -> str:
        is_text = posixpath.splitext(file)[1] not in (".png", ".svg", ".jpg", ".webp")
        place = f"{SOURCES}{file}{SHOWN_AS_TEXT if is_text else ''}"
        if (self._root / file).is_file():  # a missing file stays a broken link, which a strict build reports
            self.copies[place] = self._root / file
        return place

    def _inline(self, source: str, page: str) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            target = self.target(match["target"], source, page)
            return match["text"] if target is None else f"{match['image']}[{match['text']}]({target})"

        return replace

    def _definition(self, source: str, page: str) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            target = self.target(match["target"], source, page)
            return "" if target is None else f"[{match['name']}]: {target}"

        return replace
