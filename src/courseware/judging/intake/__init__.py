"""Takes in what somebody hands in, from a folder or an archive, under limits and with nothing in it that can harm."""

from courseware.judging.intake.collecting import IntakeLimits, IntakeRefused, Submission
from courseware.judging.intake.placing import NoProject
from courseware.judging.intake.reading import read_project, read_submission

__all__ = ["IntakeLimits", "IntakeRefused", "NoProject", "Submission", "read_project", "read_submission"]
