"""What must hold of a course: each claim names a project, the step whose checks judge it, and what they must say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from courseware.course import Course, Step
from courseware.project_tree import Tree, finish, start
from courseware.proving.specimens import alternatives_of, mistakes_of
from courseware.verdict import Outcome, Verdict


class Kind(StrEnum):
    """The invariant that a claim belongs to."""

    REFERENCE = "references pass"
    STARTER = "starters fail"
    MISTAKE = "mistakes are caught"
    ALTERNATIVE = "alternatives pass"


@dataclass(frozen=True)
class Claim:
    """The checks of step `step`, hidden ones too, say of `tree`, as it stands after step `stage`, what is expected.

    `failures` is None when every check must pass, else the message key of each check that must fail. With
    `nothing_passes` no check may pass, whatever the keys.
    """

    kind: Kind
    name: str
    step: int
    stage: int
    tree: Tree
    failures: Mapping[str, str] | None = None
    nothing_passes: bool = False

    def contradictions(self, verdict: Verdict) -> list[str]:
        """In words, all that the verdict says otherwise; empty when the claim holds."""
        if not verdict.valid:
            return ["the checks themselves failed:", *verdict.notes, *(check.detail or "" for check in verdict.checks)]
        if self.nothing_passes:
            return [f"{check.id} passed" for check in verdict.checks if check.outcome is Outcome.PASSED]
        failures = self.failures or {}
        if not verdict.application.started:
            failure = verdict.application.failure
            return [f"the application did not start: {failure.phase}: {failure.text}" if failure else "no start"]
        return [*self._wrong_failures(verdict, failures), *self._missing_failures(verdict, failures)]

    @staticmethod
    def _wrong_failures(verdict: Verdict, failures: Mapping[str, str]) -> Iterator[str]:
        for check in verdict.checks:
            if check.failure is not None:
                failure = check.failure
                if check.id not in failures:
                    details = f"asked {failure.asked}; expected {failure.expected}; got {failure.got}"
                    yield f"{check.id} says {failure.key}: {details}"
                elif failures[check.id] != failure.key:
                    yield f"{check.id} says {failure.key}, not {failures[check.id]}"

    @staticmethod
    def _missing_failures(verdict: Verdict, failures: Mapping[str, str]) -> Iterator[str]:
        failed = {check.id for check in verdict.checks if check.outcome is Outcome.FAILED}
        for identifier in failures:
            if identifier not in failed:
                yield f"{identifier} did not fail"
        for check in verdict.checks:
            if check.outcome is Outcome.SKIPPED and not failed:
                yield f"{check.id} was skipped"


def claims(course: Course, steps: tuple[Step, ...]) -> Iterator[Claim]:
    """Every claim about these steps, the slowest kind last. Raises UsageError where a specimen does not fit."""
    last = len(course.stages)
    for step in steps:
        reference = finish(course, step.number)
        handed_out = start(course, step.number)
        for earlier in course.steps:
            if earlier.number <= step.number:
                yield Claim(Kind.REFERENCE, f"finish({step.number})", earlier.number, step.number, reference)
            if earlier.number < step.number:
                yield Claim(Kind.STARTER, f"start({step.number}) keeps", earlier.number, step.number, handed_out)
        if step.number < last:
            yield Claim(Kind.REFERENCE, "the finished application", step.number, last, finish(course, last))
        number = step.number
        yield Claim(Kind.STARTER, f"start({number})", number, number, handed_out, nothing_passes=True)
        for alternative in alternatives_of(step):
            yield Claim(Kind.ALTERNATIVE, alternative.id, number, number, alternative.put_over(reference))
        for mistake in mistakes_of(step):
            yield Claim(Kind.MISTAKE, mistake.id, number, number, mistake.made_in(reference), mistake.fails)
