"""`course verify --fuzz`: whatever an application answers, no check reads it as a fault of the course."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from courseware.author.fuzzing import FuzzedCheck, fuzz
from courseware.cli.common import FAILED, busy, console, print_json
from courseware.verdict import Outcome
from courseware.views.terminal.verdict import count, shown, sign

if TYPE_CHECKING:
    from courseware.course import Course, Step
    from courseware.judging.sandbox import SandboxKind


def fuzz_steps(
    course: Course,
    steps: tuple[Step, ...],
    *,
    mutations: int,
    sandbox: SandboxKind | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Fuzzes the checks of these steps and reports what came of it. Exit code 1 says that there were errors."""
    seed = secrets.randbelow(2**32) if seed is None else seed
    found = {}
    for step in steps:
        with busy(f"Fuzzing the checks of step {step.number} …"):
            found[step.number] = fuzz(course.root, step.number, mutations=mutations, seed=seed, sandbox=sandbox)
        if not as_json:
            _print(step.number, found[step.number], seed)
    if as_json:
        print_json({"seed": seed, "steps": {step: [asdict(each) for each in checks] for step, checks in found.items()}})
    if any(check.errors for checks in found.values() for check in checks):
        raise typer.Exit(FAILED)


def _print(step: int, checks: list[FuzzedCheck], seed: int) -> None:
    screen = console()
    for check in checks:
        for error in check.errors:
            screen.print(sign(Outcome.ERROR), shown(check.id, "bold"), shown(error), soft_wrap=True)
    errors = sum(len(check.errors) for check in checks)
    total, failed = sum(check.mutations for check in checks), sum(check.failed for check in checks)
    told = f"{count(total, 'mutation')} of {count(len(checks), 'check')}: {failed} failed, {count(errors, 'error')}"
    screen.print(sign(Outcome.ERROR if errors else Outcome.PASSED), f"step {step}, {told}. Seed {seed}.")
