"""The log of an application as a student reads it: the frames of libraries in a traceback are folded."""

import re
from collections.abc import Iterator

FRAME = re.compile(r'(?P<margin>[ |+-]*)File "(?P<path>[^"]+)", line \d+')
LIBRARY = re.compile(r"[/\\](site-packages|dist-packages|lib[/\\]python3[^/\\]*)[/\\]|^<frozen ")


def folded(log: str) -> str:
    """The log in which each run of library frames is one line, such as "  … 12 frames of libraries"."""
    return "\n".join(_folded(log.splitlines()))


def _folded(lines: list[str]) -> Iterator[str]:
    margin, frames = "", 0
    place = 0
    while place < len(lines):
        frame = FRAME.match(lines[place])
        end = _end_of_frame(lines, place, frame) if frame else place + 1
        if frame and LIBRARY.search(frame["path"]):
            margin, frames = frame["margin"], frames + 1
        else:
            if frames:
                yield _summary(margin, frames)
                frames = 0
            yield from lines[place:end]
        place = end
    if frames:
        yield _summary(margin, frames)


def _end_of_frame(lines: list[str], place: int, frame: re.Match[str]) -> int:
    """The line after the frame, its line of code and the marks below it."""
    end = place + 1
    while end < len(lines) and lines[end].startswith(frame["margin"] + "  ") and not FRAME.match(lines[end]):
        end += 1
    return end


def _summary(margin: str, frames: int) -> str:
    return f"{margin}… {frames} {'frame' if frames == 1 else 'frames'} of libraries"
