"""Puts mutants to the judge, up to the first check that fails: those of the changed file's tasks come first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from courseware.author.mutants.mutant import Mutant
from courseware.base.errors import UsageError
from courseware.base.workers import run_in_workers
from courseware.course import load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Outcome, Verdict


@dataclass(frozen=True)
class Trial:
    """What became of a mutant. `caught_by` is the check that failed, or what kept the application from starting.

    None stands for a mutant that all checks let through.
    """

    mutant: Mutant
    caught_by: str | None
    seconds: float


def try_out(
    root: Path, step: int, mutants: Sequence[Mutant], *, jobs: int, sandbox: SandboxKind | None, seed: int | None
) -> Iterator[Trial]:
    """Judge mutants of a step of the course in `root`, so many at once. Each trial comes as soon as it is there.

    Raises UsageError as the judge does. A mutant without a valid verdict counts as one that no check has caught.
    """
    calls = ((mutant, mutant) for mutant in mutants)
    for mutant, result in run_in_workers(partial(_try, root, step, sandbox, seed), calls, workers=jobs):
        if isinstance(result, Trial):
            yield result
        elif result.is_usage_error:
            raise UsageError(result.reason)
        else:
            yield Trial(mutant, None, 0)


def _try(root: Path, number: int, sandbox: SandboxKind | None, seed: int | None, mutant: Mutant) -> Trial:
    course = load_course(root)
    step = course.step(number)
    first = [task.id for task in step.tasks_in(mutant.path)]
    verdict = judge(
        course,
        step,
        mutant.made_in(finish(course, number)),
        hidden=True,
        sandbox=sandbox,
        seed=seed,
        first_tasks=first,
        stop_at_failure=True,
    )
    return Trial(mutant, _caught(verdict), verdict.seconds)


def _caught(verdict: Verdict) -> str | None:
    if verdict.has_no_start:
        failure = verdict.application.failure
        return f"it does not start ({failure.phase})" if failure else "it does not start"
    for check in verdict.checks:
        if check.outcome is Outcome.FAILED:
            return check.id
    return None
