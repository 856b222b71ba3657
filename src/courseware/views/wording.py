"""What the views of a verdict say in the same words, wherever they show it."""

from courseware.verdict import Verdict

PHASES = {
    "migrations": "Your application does not start: its migrations fail.",
    "import": "Your application does not start: it cannot be imported.",
    "startup": "Your application does not start: it fails while starting.",
    "ended": "Your application ended while starting.",
    "timeout": "Your application did not start in time.",
}
COURSE_FAULT = "The course's own checks failed. This is not your mistake, and says nothing about your work."


def course_faults(verdict: Verdict) -> list[str]:
    """What went wrong in the course itself, for whoever keeps it."""
    return [*verdict.notes, *(f"{check.id}: {check.detail}" for check in verdict.checks if check.detail)]


def circumstances(verdict: Verdict) -> str:
    """How long the judge took, where it ran the application, and the seed with which it does the same again."""
    where = "in the sandbox" if verdict.judged_by == "bubblewrap" else "without a sandbox"
    return f"Judged in {verdict.seconds:.1f} s, {where}. Seed {verdict.seed}."
