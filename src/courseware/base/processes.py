"""What programs that run side by side need: signals that end them, locks between them, and waiting for a condition."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from courseware.base.errors import UsageError

ENDING_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
"""Those that this system has."""


POLL_SECONDS = 0.005


def wait_until(holds: Callable[[], bool], seconds: float, *, poll_seconds: float = POLL_SECONDS) -> bool:
    """Wait until `holds()` is true, at most `seconds`, and return whether it became true."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= until:
            return False
        time.sleep(poll_seconds)
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits for the lock file `path` and holds the lock during the block. The lock ends with the process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path, poll_interval=POLL_SECONDS):
        yield


@contextmanager
def alone(own: Path) -> Iterator[None]:
    """Holds an exclusive lock during the block. It is released if the process is killed. Raises UsageError."""
    own.mkdir(exist_ok=True)
    try:
        lock = FileLock(own / "grading.lock").acquire(blocking=False)
    except Timeout:
        raise UsageError("This class is being graded already, by another `course grade`.") from None
    with lock:
        yield
