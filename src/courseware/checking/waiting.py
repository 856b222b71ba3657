"""Waiting for something that comes a little later, and not longer than need be."""

import time
from collections.abc import Callable

POLL_SECONDS = 0.005


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether this holds now, or comes to hold within so many seconds."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= until:
            return False
        time.sleep(POLL_SECONDS)
    return True
