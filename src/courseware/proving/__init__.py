"""Proves the course: references pass, starters fail, known mistakes are caught, other right designs get full marks."""

from courseware.proving.claims import Claim, claims
from courseware.proving.papers import faults
from courseware.proving.prover import Finding, prove

__all__ = ["Claim", "Finding", "claims", "faults", "prove"]
