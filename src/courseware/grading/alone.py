"""Keeps a second `course grade` out of a course folder while one is at work there."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from courseware.errors import UsageError


@contextmanager
def alone(own: Path) -> Iterator[None]:
    """Nobody else gets in while the block runs, nor is kept out when its process is killed. Raises UsageError."""
    own.mkdir(exist_ok=True)
    with (own / "grading.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError("This class is being graded already, by another `course grade`.") from None
        yield
