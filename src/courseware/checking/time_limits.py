"""How long a check waits for what the application does in its own time: for answers, messages, lines in its log."""

import os
from collections.abc import Callable

from courseware.base.processes import wait_until

STATED_SECONDS = 10.0
"""What a course states: an answer, a message, an upload or a line in the log may take so long."""
FIRST_SECONDS = 3.0
"""The limit of the first attempt of a check."""
SECOND_SECONDS = 1.2 * STATED_SECONDS
"""The limit of the second attempt, on a machine that is not busy."""
LARGEST_FACTOR = 2.0


class TimeLimits:
    """The time that the checks of one run wait, and whether the present one has waited in vain.

    The first attempt of a check has a short limit, since nearly everything comes in a fraction of a second. A check
    that times out is attempted once more against a fresh start of the application. The limit of this second attempt is
    longer than the course states, and up to twice as long on a busy machine. The second attempt counts. So a check does
    not fail because of a slow machine, nor because of an event loop that an earlier check has blocked.
    """

    def __init__(self) -> None:
        self.is_second = False
        """Whether the present attempt is the one that counts."""
        self.seconds = FIRST_SECONDS
        """How long the present attempt waits for each thing."""
        self.has_timed_out = False
        """Whether the present attempt has waited in vain."""

    def begin(self, *, second: bool) -> None:
        """Begin an attempt."""
        self.is_second = second
        self.seconds = SECOND_SECONDS * min(slowdown(), LARGEST_FACTOR) if second else FIRST_SECONDS
        self.has_timed_out = False

    def wait_until(self, holds: Callable[[], bool]) -> bool:
        """Wait until `holds()` is true. Returns whether it became true in time."""
        return self.noted(wait_until(holds, self.seconds))

    def noted(self, came: bool) -> bool:
        """`came`, which says whether something came in time."""
        self.has_timed_out = self.has_timed_out or not came
        return came


def slowdown() -> float:
    """How many times as long work takes as on this machine without other programs: 1 or more."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
