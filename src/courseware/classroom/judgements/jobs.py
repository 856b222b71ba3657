"""Judges submissions: one at once, with or without the journal of verdicts, or many in worker processes."""

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
from courseware.judging.judgement import checks_version, judge
from courseware.judging.sandbox import SandboxKind, available
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


def judged(course: Course, key: Key, tree: Tree) -> Judged:
    """Judges `tree` as `key` says. An invalid verdict is a fault: no point may be read off it."""
    verdict = judge(course, course.step(key.step), tree, hidden=True, sandbox=key.judged_by)
    if verdict.valid:
        return Judged(key, verdict)
    return Judged(key, None, fault=f"The course's own checks failed: {_first_fault(verdict)}")


def judge_submission(
    course: Course,
    step: Step,
    read: Callable[[], Tree],
    *,
    journal: Journal | None = None,
    sandbox: SandboxKind = "bubblewrap",
) -> Judgement:
    """Judge a project for a step, unless the journal has its verdict already.

    Args:
        read: reads the submission. It raises IntakeRefused where the submission cannot be taken in.
        journal: where verdicts are looked up and kept; None judges in any case.

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
        found = judged(course, key, tree)
    except Exception as error:
        return Judgement(fault=f"The judge failed: {type(error).__name__}: {error}")
    if found.verdict is not None and journal is not None:
        journal.keep(found.verdict)
    return Judgement(verdict=found.verdict, fault=found.fault)


def judge_here(root: Path, jobs: Iterable[Job], *, workers: int) -> Iterator[Judged]:
    """What becomes of each job, as soon as it is known, by the checks of the course in `root`.

    A job whose worker died, or that failed by itself, is tried once more, after all the others.
    """
    todo = jobs
    for attempt in range(1, ATTEMPTS + 1):
        again: list[Job] = []
        calls = ((job, (job.key, job.read())) for job in todo)
        for job, result in run_in_workers(partial(_judge_in_worker, root), calls, workers=workers):
            if isinstance(result, Judged):
                yield result
            elif attempt < ATTEMPTS:
                again.append(job)
            else:
                yield Judged(job.key, None, fault=f"The judge failed: {result.reason}")
        if not again:
            return
        todo = again


def _judge_in_worker(root: Path, call: tuple[Key, Tree]) -> Judged:
    return judged(_course(root), *call)


@cache
def _course(root: Path) -> Course:
    return load_course(root)


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
