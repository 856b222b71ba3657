"""Renews what a known mistake quotes of a file (`find` and `replace`) after the file has changed."""

import re
from collections.abc import Mapping
from contextlib import suppress

import tomlkit
from tomlkit.exceptions import ParseError
from tomlkit.items import Item

from courseware.author.cherry_picking import cherry_pick
from courseware.author.mistakes import Mistake

Quote = tuple[str, str]
"""`find` and `replace` of a mistake."""


class CannotRequote(Exception):
    """Says why a person must renew the quote."""


def requote(mistake: Mistake, old: bytes, new: bytes) -> Quote:
    """Return `find` and `replace` with which the mistake is made in `new` as it was made in `old`.

    They stay as they are where they still fit. Otherwise they become whole lines: as few as occur once.
    Raises CannotRequote.
    """
    before, after, quote = old.decode(), new.decode(), (mistake.find, mistake.replace)
    fits = after.count(mistake.find) == 1
    if before.count(mistake.find) != 1:
        if fits:
            return quote
        raise CannotRequote(f"its `find` occurs {after.count(mistake.find)} times in {mistake.file}.")
    wrong = cherry_pick(old, new, before.replace(*quote).encode())
    if wrong is None or wrong.conflicts or wrong.text == new:
        if fits:
            return quote
        raise CannotRequote("the change is in the lines that it quotes. Adapt its `find` and `replace` by hand.")
    if fits and after.replace(*quote).encode() == wrong.text:
        return quote
    return _difference(after, wrong.text.decode())


def _difference(right: str, wrong: str) -> Quote:
    """The lines in which two texts differ, with as many around them as it takes to occur once in `right`."""
    lines, others = right.splitlines(keepends=True), wrong.splitlines(keepends=True)
    least = min(len(lines), len(others))
    start = next((index for index in range(least) if lines[index] != others[index]), least)
    rest = least - start
    end = next((index for index in range(rest) if lines[-1 - index] != others[-1 - index]), rest)
    above = True
    while right.count("".join(lines[start : len(lines) - end])) != 1:
        if start > 0 and (above or end == 0):
            start -= 1
        else:
            end -= 1
        above = not above
    return "".join(lines[start : len(lines) - end]), "".join(others[start : len(others) - end])


def line_of(mistake: Mistake, source: str) -> int | None:
    """The number of the line in a TOML file at which a mistake begins; None if it is in another file."""
    found = re.search(rf"^\s*id\s*=\s*[\"']{mistake.id}[\"']", source, re.MULTILINE)
    return source.count("\n", 0, found.start()) + 1 if found else None


def with_quotes(source: str, quotes: Mapping[str, Quote]) -> str:
    """The TOML file `source` with these quotes, by id of the mistake; everything else stays as it is written."""
    document = tomlkit.parse(source)
    for mistake in document.get("mistakes", ()):
        for key, text in zip(("find", "replace"), quotes.get(mistake["id"], ()), strict=False):
            if mistake[key] != text:
                mistake[key] = _written(text)
    return tomlkit.dumps(document)


def _written(text: str) -> Item:
    """A text as a person writes it in TOML, so far as there is a way without escapes."""
    for form in ("'''\n{}'''", '"""\n{}"""') if "\n" in text else ('"{}"', "'{}'"):
        with suppress(ParseError):
            item = tomlkit.value(form.format(text))
            if item.unwrap() == text:
                return item
    return tomlkit.string(text)
