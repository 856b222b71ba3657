"""What a verdict says, in plain text. Nothing of a submission in it steers whoever shows it."""

from courseware.verdict import CheckResult, Verdict
from courseware.views.untrusted import printable
from courseware.views.wording import PHASES

STARTS = "The application starts"


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
