"""Takes in what somebody hands in, from a folder or an archive, under limits and with nothing in it that can harm."""

from courseware.intake.collecting import IntakeLimits, IntakeRefused, Submission
from courseware.intake.reading import read_submission

__all__ = ["IntakeLimits", "IntakeRefused", "Submission", "read_submission"]
