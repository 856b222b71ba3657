"""One submission's judgement: out of the journal, or made now and kept there."""

from dataclasses import dataclass
from pathlib import Path

from courseware.base.errors import UsageError
from courseware.classroom.judgements.journal import Journal, Key
from courseware.classroom.nbgrader.submissions import project_in
from courseware.course import Course, Step
from courseware.judging.intake import IntakeRefused
from courseware.judging.sandbox import SandboxKind, available
from courseware.verdict import Verdict


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
    from courseware.base.tree import digest
    from courseware.classroom.judgements.jobs import judged
    from courseware.judging.judgement import checks_version

    try:
        tree = project_in(submission, step).tree
    except IntakeRefused as refused:
        return Judgement(refusal=str(refused))
    key = Key(digest(tree), step.number, checks_version(step, hidden=True), sandbox)
    known = journal.find(key)
    if known is not None:
        return Judgement(verdict=known)
    if sandbox == "bubblewrap" and not available().bubblewrap:
        raise UsageError(f"Submissions are judged in a sandbox only, and there is none here: {available().reason}")
    try:
        found = judged(course, key, tree)
    except Exception as error:
        return Judgement(fault=f"The judge failed: {type(error).__name__}: {error}")
    if found.verdict is not None:
        journal.keep(found.verdict)
    return Judgement(verdict=found.verdict, fault=found.fault)
