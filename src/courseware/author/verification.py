"""What must hold of a course, and the verification that puts every such claim to the judge."""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from pathlib import Path

from courseware.author.mistakes import Mistake, WrongProject, alternatives_of, mistakes_of, wrong_projects_of
from courseware.base.errors import UsageError
from courseware.base.tree import Tree
from courseware.base.workers import run_in_workers
from courseware.checking.time_limits import slowdown
from courseware.course import Course, Step, load_course
from courseware.course.stages import finish, start
from courseware.judging.judgement import USUAL_SECONDS, catalogue, judge
from courseware.judging.postgresql import PostgresServer
from courseware.judging.runtime import SQLITE
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Outcome, Verdict

QUICK_ALTERNATIVES, QUICK_MISTAKES = 1, 5
"""How many of these a quick verification judges, of a step that judges tests or a deployment: each takes long."""
LARGEST_FACTOR = 5.0
"""How many times as long as usual a judgement may take at most on a busy machine."""


class Kind(StrEnum):
    """The invariant that a claim belongs to."""

    REFERENCE = "references pass"
    STARTER = "starters fail"
    MISTAKE = "mistakes are caught"
    ALTERNATIVE = "alternatives pass"


@dataclass(frozen=True)
class Claim:
    """The checks of step `step` say of `tree`, as it stands after step `stage`, what is expected.

    `failures` is None when every check must pass, else the message key of each check that must fail. With
    `nothing_passes` no check may pass, whatever the keys. `sqlite_only`: it says nothing of the application with
    another database. `tasks` are those whose checks are run, by default all of the step, and `checks` those of their
    checks that are run, by default all. `hidden`: the hidden checks are run too. `may_fail` are checks whose failure
    contradicts nothing.
    """

    kind: Kind
    name: str
    step: int
    stage: int
    tree: Tree
    failures: Mapping[str, str] | None = None
    nothing_passes: bool = False
    sqlite_only: bool = False
    tasks: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    hidden: bool = True
    may_fail: tuple[str, ...] = ()

    def contradictions(self, verdict: Verdict, *, exactly: bool = True) -> list[str]:
        """In words, all that the verdict says otherwise; empty when the claim holds.

        Unless `exactly`, a mistake only has to fail one of the checks that it names, whatever its key.
        """
        if verdict.cut_short_after is not None:
            return [f"the judgement was not done after {verdict.cut_short_after:.0f} s"]
        if not verdict.valid:
            return ["the checks themselves failed:", *verdict.notes, *(check.detail or "" for check in verdict.checks)]
        if self.nothing_passes:
            return [f"{check.id} passed" for check in verdict.checks if check.outcome is Outcome.PASSED]
        failures = self.failures or {}
        if verdict.has_no_start:
            failure = verdict.application.failure
            return [f"the application did not start: {failure.phase}: {failure.text}" if failure else "no start"]
        unjudged = _need_sqlite(verdict)
        if failures and not exactly:
            caught = any(check.id in failures and check.outcome is Outcome.FAILED for check in verdict.checks)
            is_judged = not failures.keys() <= unjudged
            return [f"none of these checks failed: {', '.join(failures)}"] if is_judged and not caught else []
        return [*self._wrong_failures(verdict, failures), *self._missing_failures(verdict, failures, unjudged)]

    def _wrong_failures(self, verdict: Verdict, failures: Mapping[str, str]) -> Iterator[str]:
        for check in verdict.checks:
            if check.failure is not None and check.id not in self.may_fail:
                failure = check.failure
                if check.id not in failures:
                    details = f"asked {failure.asked}; expected {failure.expected}; got {failure.got}"
                    yield f"{check.id} says {failure.key}: {details}"
                elif failures[check.id] != failure.key:
                    yield f"{check.id} says {failure.key}, not {failures[check.id]}"

    @staticmethod
    def _missing_failures(verdict: Verdict, failures: Mapping[str, str], unjudged: Collection[str]) -> Iterator[str]:
        failed = {check.id for check in verdict.checks if check.outcome is Outcome.FAILED}
        for identifier in failures:
            if identifier not in failed:
                yield f"{identifier} did not fail"
        for check in verdict.checks:
            if check.outcome is Outcome.SKIPPED and not failed and check.id not in unjudged:
                yield f"{check.id} was skipped"


def _need_sqlite(verdict: Verdict) -> set[str]:
    """The checks that were skipped because they look into an SQLite file, which there is not, or need one that does."""
    found: set[str] = set()
    while more := {each.id for each in verdict.checks if each.needs_failed in (SQLITE, *found)} - found:
        found |= more
    return found


def claims(course: Course, steps: tuple[Step, ...], *, quick: bool = False) -> Iterator[Claim]:
    """Every claim about these steps, the slowest kind last. Raises UsageError where a specimen does not fit.

    `quick` takes a tenth of the time. Each visible check judges one known mistake that it must catch. A stage of the
    application is judged by the checks of its own step. `quick` leaves out the other known mistakes, whether a mistake
    fails more checks than it names, and what the checks of earlier steps say of a stage before the last one. Of a step
    that judges tests or a deployment it judges one alternative and five mistakes.
    """
    last = course.stages[-1].number
    for step in steps:
        reference = finish(course, step.number)
        handed_out = start(course, step.number)
        for earlier in course.steps:
            runs_tests = earlier.judges_tests or earlier.judges_deployment
            if runs_tests and earlier.number < step.number and step.lesson.suite:
                continue  # its tests are others, and are judged in this step
            if earlier.number == step.number or (earlier.number < step.number and not quick):
                yield Claim(Kind.REFERENCE, f"finish({step.number})", earlier.number, step.number, reference)
            if earlier.number < step.number and not quick:
                yield Claim(Kind.STARTER, f"start({step.number}) keeps", earlier.number, step.number, handed_out)
        # Later steps may replace the tests by others, and the jobs of a deployment run the tests.
        if step.number < last and not (step.judges_tests or step.judges_deployment):
            yield Claim(Kind.REFERENCE, "the finished application", step.number, last, finish(course, last))
        number = step.number
        yield Claim(Kind.STARTER, f"start({number})", number, number, handed_out, nothing_passes=True)
        takes_long = step.judges_tests or step.judges_deployment
        for alternative in alternatives_of(step)[: QUICK_ALTERNATIVES if quick and takes_long else None]:
            tree = alternative.put_over(reference)
            yield Claim(Kind.ALTERNATIVE, alternative.id, number, number, tree, sqlite_only=alternative.sqlite_only)
        visible = {check.id: check.task for check in catalogue(course, step)} if quick else {}
        mistakes: list[Mistake | WrongProject] = [*mistakes_of(step), *wrong_projects_of(step)]
        caught_by = _one_for_each(visible, mistakes) if quick else {}
        if takes_long:
            caught_by = dict(list(caught_by.items())[:QUICK_MISTAKES])
        for mistake in mistakes:
            if quick and mistake.id not in caught_by:
                continue
            tree, allowed = mistake.made_in(reference), mistake.may_fail
            claim = Claim(Kind.MISTAKE, mistake.id, number, number, tree, mistake.fails, may_fail=allowed)
            yield _quick(claim, caught_by[mistake.id], visible) if quick else claim


def _one_for_each(checks: Collection[str], mistakes: Iterable[Mistake | WrongProject]) -> dict[str, list[str]]:
    """Few mistakes that together fail all of these checks, each with the checks that judge it.

    The mistakes that fail the most checks come first, and a check judges the first mistake that it must catch.
    """
    left = set(checks)
    found: dict[str, list[str]] = {}
    for mistake in sorted(mistakes, key=lambda mistake: len(mistake.fails), reverse=True):
        if caught_by := [check for check in mistake.fails if check in left]:
            found[mistake.id] = caught_by
            left.difference_update(caught_by)
    return found


def _quick(claim: Claim, checks: Sequence[str], visible: Mapping[str, str]) -> Claim:
    """The claim about a mistake for these checks alone. `visible`: the task of each visible check."""
    failures = {check: key for check, key in (claim.failures or {}).items() if check in checks}
    tasks = tuple(sorted({visible[check] for check in failures}))
    return replace(claim, failures=failures, tasks=tasks, checks=tuple(failures), hidden=False)


def named(claims: Sequence[Claim], names: Collection[str]) -> list[Claim]:
    """The claims about known mistakes and alternatives of these names. Raises UsageError for a name that none has."""
    specimens = [claim for claim in claims if claim.kind in (Kind.MISTAKE, Kind.ALTERNATIVE)]
    known = {claim.name for claim in specimens}
    for name in names:
        if name not in known:
            similar = ", ".join(get_close_matches(name, known)) or "none"
            raise UsageError(f"There is no known mistake or alternative {name!r}. Similar names: {similar}.")
    return [claim for claim in specimens if claim.name in names]


@dataclass(frozen=True)
class Finding:
    """What came of a claim: it holds when there are no `contradictions`. `seconds` is how long its judgement took."""

    claim: Claim
    contradictions: tuple[str, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.contradictions


def prove(
    root: Path,
    claims: Sequence[Claim],
    *,
    jobs: int,
    sandbox: SandboxKind | None,
    seed: int | None,
    postgresql: PostgresServer | None = None,
) -> Iterator[Finding]:
    """The findings about the course in `root`, each as soon as it is there.

    Args:
        jobs: how many judgements run at once.
        seed: of the order of checks and of their data; None draws one for each judgement.
        postgresql: judge with databases on this server. There a mistake may have other consequences than with SQLite,
            so that it has to fail only one of the checks that it names.
    """
    calls = ((claim, claim) for claim in claims)
    suite_seed = secrets.randbelow(2**32) if seed is None else seed
    find = partial(_find, root, sandbox, seed, suite_seed, postgresql)
    for claim, result in run_in_workers(find, calls, workers=jobs):
        if isinstance(result, Finding):
            yield result
        elif result.is_usage_error:
            raise UsageError(result.reason)
        else:
            raise RuntimeError(f"The judge failed on {claim.name}: {result.reason}")


def _find(
    root: Path,
    sandbox: SandboxKind | None,
    seed: int | None,
    suite_seed: int,
    postgresql: PostgresServer | None,
    claim: Claim,
) -> Finding:
    """The finding about a claim.

    Mistakes in an application leave the tests beside it as they are. With `suite_seed` for all of them, the judge
    remembers how these tests fared.
    """
    course = load_course(root)
    step = course.step(claim.step)
    verdict = judge(
        course,
        step,
        claim.tree,
        stage=claim.stage,
        tasks=claim.tasks,
        checks=claim.checks,
        hidden=claim.hidden,
        sandbox=sandbox,
        seed=suite_seed if step.lesson.suite else seed,
        seconds=USUAL_SECONDS * min(slowdown(), LARGEST_FACTOR),
        postgresql=postgresql,
    )
    contradictions = claim.contradictions(verdict, exactly=postgresql is None)
    return Finding(claim, tuple(contradictions), verdict.seconds)
