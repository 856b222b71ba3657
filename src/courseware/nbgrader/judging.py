"""One submission's judgement: out of the journal, or made now and kept there."""

from dataclasses import dataclass
from pathlib import Path

from courseware.course import Course, Step
from courseware.errors import UsageError
from courseware.grading.journal import Journal, Key
from courseware.intake import IntakeRefused
from courseware.nbgrader.submissions import project_in
from courseware.sandbox import SandboxKind, available
from courseware.verdict import Verdict
from courseware.views.wording import course_faults


@dataclass(frozen=True)
class Judgement:
    """What came of a submission: exactly one of the three.

    Args:
        verdict: valid, with every check.
        refusal: why the submission was not taken in, for the student. It has no points, and a person must look.
        fault: what is wrong with the course or this machine, for the instructor. Nothing is known about the points.
    """

    verdict: Verdict | None = None
    refusal: str = ""
    fault: str = ""


def judge_submission(
    course: Course, step: Step, submission: Path, journal: Journal, *, sandbox: SandboxKind = "bubblewrap"
) -> Judgement:
    """Judges the project in the folder of a collected submission, unless the journal knows it already.

    Raises UsageError when this machine cannot judge in that sandbox, or the journal cannot be used.
    """
    from courseware.judge.judging import checks_version, digest, judge

    try:
        tree = project_in(submission).tree
    except IntakeRefused as refused:
        return Judgement(refusal=str(refused))
    known = journal.find(Key(digest(tree), step.number, checks_version(step, hidden=True), sandbox))
    if known is not None:
        return Judgement(verdict=known)
    if sandbox == "bubblewrap" and not available().bubblewrap:
        raise UsageError(f"Submissions are judged in a sandbox only, and there is none here: {available().reason}")
    try:
        verdict = judge(course, step, tree, hidden=True, sandbox=sandbox)
    except Exception as error:
        return Judgement(fault=f"The judge failed: {type(error).__name__}: {error}")
    if not verdict.valid:
        return Judgement(fault="\n".join(["The course's own checks failed.", *course_faults(verdict)]))
    journal.keep(verdict)
    return Judgement(verdict=verdict)
