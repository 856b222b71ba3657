"""The verdict: the one frozen format between the judge and everything that shows or stores a result."""

from courseware.verdict.model import (
    ApplicationReport,
    CheckResult,
    Failure,
    Outcome,
    StartFailure,
    SuiteBug,
    SuiteReport,
    SuiteTest,
    TaskResult,
    Verdict,
)

__all__ = [
    "ApplicationReport",
    "CheckResult",
    "Failure",
    "Outcome",
    "StartFailure",
    "SuiteBug",
    "SuiteReport",
    "SuiteTest",
    "TaskResult",
    "Verdict",
]
