"""What is given to whoever judges, and what comes back."""

from collections.abc import Callable
from dataclasses import dataclass

from courseware.base.tree import Tree
from courseware.classroom.judgements.journal import Key
from courseware.course import Course
from courseware.judging.judgement import judge
from courseware.verdict import Outcome, Verdict

ATTEMPTS = 2  # of a submission, before a person must look


@dataclass(frozen=True)
class Job:
    """A project to be judged. It is read when its turn comes, so that a class need not fit into memory."""

    key: Key
    read: Callable[[], Tree]


@dataclass(frozen=True)
class Judged:
    """What became of a job: a valid verdict, or in `fault` why there is none, in words for the instructor."""

    key: Key
    verdict: Verdict | None
    fault: str = ""


def judged(course: Course, key: Key, tree: Tree) -> Judged:
    """Judges `tree` as `key` says. An invalid verdict is a fault: no point may be read off it."""
    verdict = judge(course, course.step(key.step), tree, hidden=True, sandbox=key.judged_by)
    if verdict.valid:
        return Judged(key, verdict)
    return Judged(key, None, fault=f"The course's own checks failed: {_first_fault(verdict)}")


def _first_fault(verdict: Verdict) -> str:
    """The first thing that went wrong in the course, in one line."""
    if verdict.notes:
        return _error_in(verdict.notes[0])
    check = next(check for check in verdict.checks if check.outcome is Outcome.ERROR)
    return f"{check.id}: {_error_in(check.detail or '')}"


def _error_in(text: str) -> str:
    """The line of pytest's report that holds the error, or whatever stands last."""
    lines = [line for line in text.splitlines() if line.strip()] or ["no reason is known"]
    errors = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    return (errors or [lines[-1]])[0].strip()
