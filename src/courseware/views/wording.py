"""What several views say in the same words, wherever they show it."""

from collections import Counter

from courseware.base.text import printable
from courseware.course import Step
from courseware.verdict import CheckResult, Outcome, Verdict

PHASES = {
    "migrations": "Your application does not start: its migrations fail.",
    "import": "Your application does not start: it cannot be imported.",
    "startup": "Your application does not start: it fails while starting.",
    "ended": "Your application ended while starting.",
    "timeout": "Your application did not start in time.",
}
SIGNS = {Outcome.PASSED: "✔", Outcome.FAILED: "✘", Outcome.SKIPPED: "·", Outcome.ERROR: "!"}
COURSE_FAULT = "The course's own checks failed. This is not your mistake, and says nothing about your work."
STARTS = "The application starts"


def too_long(verdict: Verdict) -> str:
    """What to say of a judgement that was cut short: how far it came. Without points, since they are not known."""
    outcomes = Counter(check.outcome for check in verdict.checks)
    left = len(verdict.checks) - outcomes[Outcome.PASSED] - outcomes[Outcome.FAILED]
    return (
        f"Judging took too long and was stopped after {verdict.cut_short_after:g} s. Until then "
        f"{outcomes[Outcome.PASSED]} checks passed and {outcomes[Outcome.FAILED]} failed; {left} did not run."
    )


def course_faults(verdict: Verdict) -> list[str]:
    """An error of the course itself, for its maintainers."""
    return [*verdict.notes, *(f"{check.id}: {check.detail}" for check in verdict.checks if check.detail)]


def circumstances(verdict: Verdict) -> str:
    """How long the judge took, where it ran the application, and the seed with which it does the same again."""
    where = "in the sandbox" if verdict.judged_by == "bubblewrap" else "without a sandbox"
    return f"Judged in {verdict.seconds:.1f} s, {where}. Seed {verdict.seed}."


def what_printed(verdict: Verdict) -> str:
    """What the log of a verdict is."""
    printing = {"application": "your application", "tests": "pytest", "deployment": "your releases"}
    return f"What {printing[verdict.judged]} printed"


def tasks_in(step: Step, path: str) -> str:
    """For which of the step's tasks a file is edited."""
    tasks = [task.id for task in step.tasks_in(path)]
    return f"{'tasks' if len(tasks) > 1 else 'task'} {', '.join(tasks)}" if tasks else "no task of this step"


def failure_text(check: CheckResult) -> str:
    """Why a check failed: what was asked, what should have come, what came."""
    if check.failure is None:
        return printable(check.detail or "")
    parts = (("Asked", check.failure.asked), ("Expected", check.failure.expected), ("Got", check.failure.got))
    return printable("\n".join(f"{name}: {text}" for name, text in parts))


def why_skipped(check: CheckResult) -> str:
    """Why a check was never run."""
    return f"It waits for {check.needs_failed}." if check.needs_failed else "The application does not run."


def start_text(verdict: Verdict) -> str:
    """Why the application did not start, or nothing where it did."""
    failure = verdict.application.failure
    return "" if failure is None else printable(f"{PHASES[failure.phase]}\n{failure.text}")
