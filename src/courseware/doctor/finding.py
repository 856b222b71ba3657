"""What was found out about one thing."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """GOOD: all of it works. LIMITED: the course can be worked on without it. MISSING: it cannot."""

    GOOD = "good"
    LIMITED = "limited"
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One thing that the course uses: what is there, what that means, and how to get the rest (if there is any)."""

    name: str
    state: State
    found: str
    meaning: str
    remedy: str = ""


def good(name: str, found: str, meaning: str) -> Finding:
    return Finding(name, State.GOOD, found, meaning)


def limited(name: str, found: str, meaning: str, remedy: str) -> Finding:
    return Finding(name, State.LIMITED, found, meaning, remedy)


def missing(name: str, found: str, meaning: str, remedy: str) -> Finding:
    return Finding(name, State.MISSING, found, meaning, remedy)
