"""Matches names with the patterns of GitHub Actions and of Docker, in a time that no pattern can stretch."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class _Piece:
    """A part of a pattern. `characters` None stands for any; `repeats` says that it may come more than once.

    With `are_folders` it stands for any number of whole folders, each with its slash.
    """

    characters: str | None
    is_optional: bool = False
    repeats: bool = False
    stops_at_slash: bool = False
    is_negated: bool = False
    are_folders: bool = False

    def takes(self, character: str) -> bool:
        if self.stops_at_slash and character == "/":
            return False
        return self.characters is None or (character in self.characters) is not self.is_negated


def is_selected(name: str, patterns: Sequence[str]) -> bool:
    """Whether the patterns select the name. The last pattern that fits decides, and `!` before it excludes."""
    selected = False
    for pattern in patterns:
        negated = pattern.startswith("!")
        if fits(name, pattern[negated:]):
            selected = not negated
    return selected


def fits(name: str, pattern: str) -> bool:
    """Whether the whole name fits. `*` stands for characters but `/`, `**` for any; `?` and `+` repeat the last one."""
    return _fit(name, _pieces(pattern))


def path_fits(path: str, pattern: str) -> bool:
    """Whether the whole path fits a pattern of Docker, in which `**` stands for any number of folders."""
    return _fit(path, _docker_pieces(pattern))


def _fit(name: str, pieces: Sequence[_Piece]) -> bool:
    places = {0}
    for piece in pieces:
        reached = set(places) if piece.is_optional else set()
        if piece.are_folders:
            begin = min(places, default=len(name))
            places |= {place + 1 for place in range(begin, len(name)) if name[place] == "/"}
            continue
        for place in places:
            end = place
            while end < len(name) and piece.takes(name[end]):
                end += 1
                reached.add(end)
                if not piece.repeats:
                    break
        places = reached
    return len(name) in places


def _pieces(pattern: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            everything = pattern.startswith("*", position)
            position += everything
            pieces.append(_Piece(None, is_optional=True, repeats=True, stops_at_slash=not everything))
        elif character in "?+" and pieces:
            last = pieces[-1]
            optional = last.is_optional or character == "?"
            pieces[-1] = _Piece(last.characters, optional, last.repeats or character == "+", last.stops_at_slash)
        elif character == "[" and "]" in pattern[position:]:
            inside, _, _ = pattern[position:].partition("]")
            position += len(inside) + 1
            pieces.append(_Piece(_set_of(inside)))
        elif character == "\\" and position < len(pattern):
            pieces.append(_Piece(pattern[position]))
            position += 1
        else:
            pieces.append(_Piece(character))
    return pieces


def _docker_pieces(pattern: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if pattern.startswith("**/", position - 1):
            position += 2
            pieces.append(_Piece(None, are_folders=True))
        elif character == "*":
            everything = pattern.startswith("*", position)
            position += everything
            pieces.append(_Piece(None, is_optional=True, repeats=True, stops_at_slash=not everything))
        elif character == "?":
            pieces.append(_Piece(None, stops_at_slash=True))
        elif character == "[" and "]" in pattern[position:]:
            inside, _, _ = pattern[position:].partition("]")
            position += len(inside) + 1
            negated = inside.startswith("^")
            pieces.append(_Piece(_set_of(inside[negated:]), is_negated=negated))
        elif character == "\\" and position < len(pattern):
            pieces.append(_Piece(pattern[position]))
            position += 1
        else:
            pieces.append(_Piece(character))
    return pieces


def _set_of(inside: str) -> str:
    """The characters of a set such as `0-9a`."""
    characters = ""
    position = 0
    while position < len(inside):
        if position + 2 < len(inside) and inside[position + 1] == "-":
            characters += "".join(map(chr, range(ord(inside[position]), min(ord(inside[position + 2]), 127) + 1)))
            position += 3
        else:
            characters += inside[position]
            position += 1
    return characters
