"""Judges submissions: one at once, with or without the journal of verdicts, or many in worker processes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from courseware.base.errors import UsageError
from courseware.base.tree import Tree, digest
from courseware.base.workers import run_in_workers
from courseware.classroom.judgements.journal import Journal, Key
from courseware.course import Course, Step, load_course
from courseware.judging.intake import IntakeRefused
from courseware.judging.judgement import USUAL_SECONDS, checks_version, judge
from courseware.judging.sandbox import SandboxKind, available
from courseware.verdict import Outcome, Verdict

ATTEMPTS = 2  # of a submission, before a person must look
GRACE_SECONDS = 120.0
"""How long after its time is over a judgement is left to end by itself."""


NAMED_CHECKS = 5


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


def judged(course: Course, key: Key, tree: Tree, *, seconds: float = USUAL_SECONDS) -> Judged:
    """Judges `tree` as `key` says, with a timeout in seconds.

    An invalid verdict is a fault: no point may be read off it.
    """
    verdict = judge(course, course.step(key.step), tree, hidden=True, sandbox=key.judged_by, seconds=seconds)
    if verdict.valid:
        return Judged(key, verdict)
    if verdict.cut_short_after is not None:
        return Judged(key, None, fault=_too_long(verdict))
    return Judged(key, None, fault=f"The course's own checks failed: {_first_fault(verdict)}")


def judge_submission(
    course: Course,
    step: Step,
    read: Callable[[], Tree],
    *,
    journal: Journal | None = None,
    sandbox: SandboxKind = "bubblewrap",
    seconds: float = USUAL_SECONDS,
) -> Judgement:
    """Judge a project for a step, unless the journal has its verdict already.

    Args:
        read: reads the submission. It raises IntakeRefused where the submission cannot be taken in.
        journal: where verdicts are looked up and kept; None judges in any case.
        seconds: how long the judgement may take.

    Raises:
        UsageError: this machine cannot judge in that sandbox, or the journal cannot be used.
    """
    try:
        tree = read()
    except IntakeRefused as refused:
        return Judgement(refusal=str(refused))
    key = Key(digest(tree), step.number, checks_version(course, step, hidden=True), sandbox)
    known = None if journal is None else journal.find(key)
    if known is not None:
        return Judgement(verdict=known)
    if sandbox == "bubblewrap" and not available().bubblewrap:
        raise UsageError(f"Submissions are judged in a sandbox only, and there is none here: {available().reason}")
    try:
        found = judged(course, key, tree, seconds=seconds)
    except Exception as error:
        return Judgement(fault=f"The judge failed: {type(error).__name__}: {error}")
    if found.verdict is not None and journal is not None:
        journal.keep(found.verdict)
    return Judgement(verdict=found.verdict, fault=found.fault)


def judge_here(root: Path, jobs: Iterable[Job], *, workers: int, seconds: float = USUAL_SECONDS) -> Iterator[Judged]:
    """What becomes of each job, as soon as it is known, by the checks of the course in `root`.

    `seconds`: for each of them. What makes the judge itself hang is ended a while later.

    A job whose worker died, or that failed by itself, is tried once more, after all the others.
    """
    todo = jobs
    for attempt in range(1, ATTEMPTS + 1):
        again: list[Job] = []
        calls = ((job, (job.key, job.read())) for job in todo)
        judge_one = partial(_judge_in_worker, root, seconds)
        for job, result in run_in_workers(judge_one, calls, workers=workers, seconds=seconds + GRACE_SECONDS):
            if isinstance(result, Judged):
                yield result
            elif attempt < ATTEMPTS:
                again.append(job)
            else:
                yield Judged(job.key, None, fault=f"The judge failed: {result.reason}")
        if not again:
            return
        todo = again


def _judge_in_worker(root: Path, seconds: float, call: tuple[Key, Tree]) -> Judged:
    return judged(_course(root), *call, seconds=seconds)


@cache
def _course(root: Path) -> Course:
    return load_course(root)


def _too_long(verdict: Verdict) -> str:
    """What an instructor should know of a judgement that was cut short."""
    outcomes = Counter(check.outcome for check in verdict.checks)
    passed, failed = outcomes[Outcome.PASSED], outcomes[Outcome.FAILED]
    names = [check.id for check in verdict.checks if check.outcome is Outcome.FAILED]
    more = f": {', '.join(names[:NAMED_CHECKS])}{', …' if failed > NAMED_CHECKS else ''}" if names else ""
    return (
        f"It took too long: judging was stopped after {verdict.cut_short_after:g} s. Until then {passed} of "
        f"{len(verdict.checks)} checks passed and {failed} failed{more}."
    )


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
