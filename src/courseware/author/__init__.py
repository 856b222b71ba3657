"""Proves the course: references pass, starters fail, known mistakes are caught, other right designs get full marks."""

from courseware.author.lint import faults
from courseware.author.verification import Claim, Finding, claims, named, prove

__all__ = ["Claim", "Finding", "claims", "faults", "named", "prove"]
