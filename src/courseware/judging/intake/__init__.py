"""Reads a submission from a folder or an archive, with limits, and removes files that could cause harm."""

from courseware.judging.intake.collecting import IntakeLimits, IntakeRefused, Submission
from courseware.judging.intake.placing import NoProject
from courseware.judging.intake.reading import read_project, read_submission

__all__ = ["IntakeLimits", "IntakeRefused", "NoProject", "Submission", "read_project", "read_submission"]
