"""What is given to whoever judges, and what comes back."""

from collections.abc import Callable
from dataclasses import dataclass

from courseware.course import Course
from courseware.grading.journal import Key
from courseware.judge import judge
from courseware.project_tree import Tree
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
    """The last line of the first thing that went wrong in the course: of a traceback, that is the error."""
    details = [f"{check.id}: {check.detail}" for check in verdict.checks if check.outcome is Outcome.ERROR]
    lines = [line for line in (*verdict.notes, *details)[0].splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 else f"{lines[0].strip()} … {lines[-1].strip()}"
