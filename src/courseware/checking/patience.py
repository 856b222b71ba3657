"""How long a check waits for what the application does in its own time: for answers, messages, lines in its log."""

import os
from collections.abc import Callable

from courseware.base.processes import wait_until

STATED_SECONDS = 10.0
"""What a course states: an answer, a message, an upload or a line in the log may take so long."""
HURRIED_SECONDS = 3.0
PATIENT_SECONDS = 1.2 * STATED_SECONDS
LARGEST_FACTOR = 2.0


class Patience:
    """The time that the checks of one run wait, and whether the present one has waited in vain.

    A check is first attempted in a hurry, since nearly everything comes in a fraction of a second. A check that waits
    in vain is attempted once more against a fresh start of the application, with more time than the course states, and
    up to twice as much on a busy machine. That attempt counts. So no check loses by a slow machine, nor by what the
    checks before it left behind, such as a blocked event loop.
    """

    def __init__(self) -> None:
        self.is_patient = False
        """Whether the present attempt is the one that counts."""
        self.seconds = HURRIED_SECONDS
        """How long the present attempt waits for each thing."""
        self.is_exhausted = False
        """Whether the present attempt has waited in vain."""

    def begin(self, *, patient: bool) -> None:
        """Begin an attempt."""
        self.is_patient = patient
        self.seconds = PATIENT_SECONDS * min(slowdown(), LARGEST_FACTOR) if patient else HURRIED_SECONDS
        self.is_exhausted = False

    def wait_until(self, holds: Callable[[], bool]) -> bool:
        """Wait until `holds()` is true. Returns whether it became true in time."""
        return self.noted(wait_until(holds, self.seconds))

    def noted(self, came: bool) -> bool:
        """`came`, which says whether something came in time."""
        self.is_exhausted = self.is_exhausted or not came
        return came


def slowdown() -> float:
    """How many times as long work takes as on this machine without other programs: 1 or more."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
