"""Says what this machine has of what the course can use, what that means, and how to get the rest."""

from courseware.doctor.examination import examine
from courseware.doctor.finding import Finding, State

__all__ = ["Finding", "State", "examine"]
