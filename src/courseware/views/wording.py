"""What several views say in the same words, wherever they show it."""

from courseware.course import Step
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


def tasks_in(step: Step, path: str) -> str:
    """For which of the step's tasks a file is edited."""
    tasks = [task.id for task in step.tasks_in(path)]
    return f"{'tasks' if len(tasks) > 1 else 'task'} {', '.join(tasks)}" if tasks else "no task"
