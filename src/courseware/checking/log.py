"""Finds in an application's log what a student needs: the last error and the line of their code that raised it."""

import re

TRACEBACK = "Traceback (most recent call last):"
FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
LIBRARY = re.compile(r"/(site-packages|lib/python[\d.]+)/|^<")  # <...> is code that a library made


def last_error(log: str) -> str:
    """The last traceback's error with the last line that is not in a library, such as
    `(NotImplementedError: task 1.1, app/services/contacts.py line 12)`; empty where there is no whole traceback."""
    _, found, traceback = log.rpartition(TRACEBACK)
    if not found:
        return ""
    error = next((line for line in traceback.splitlines() if line and not line[0].isspace()), "")
    if not error:
        return ""
    own = [frame for frame in FRAME.finditer(traceback) if not LIBRARY.search(frame["file"])]
    place = f", {_short(own[-1]['file'])} line {own[-1]['line']}" if own else ""
    return f"({error.strip()}{place})"


def _short(file: str) -> str:
    """The path from the project's folder on, whose name is the sandbox's own affair."""
    return file.partition("/project/")[2] or file
