"""`course verify --mutants`: which mistakes, of those that operators make, no check notices."""

import random
import sys
from collections.abc import Iterable, Sequence

import typer

from courseware.author.mutants import Figure, Mutant, Trial, excuses_of, figures, mutants_of, try_out
from courseware.base.text import printable
from courseware.cli.common import FAILED, console, counting, print_json
from courseware.course import Course, Step
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Outcome
from courseware.views.terminal.verdict import shown, sign


def verify_mutants(
    course: Course,
    steps: Sequence[Step],
    *,
    jobs: int,
    sandbox: SandboxKind | None,
    seed: int | None,
    sample: int | None,
    as_json: bool,
) -> None:
    """Try the mutants of each step, or a sample of them, and show its figure. Exits with 1 where one is too low."""
    found = []
    for step in steps:
        mutants = _sample(mutants_of(course, step), sample, seed)
        trials = try_out(course.root, step.number, mutants, jobs=jobs, sandbox=sandbox, seed=seed)
        figure = figures(step, _counted(trials, step, len(mutants)), excuses_of(step))
        found.append(figure)
        if not as_json:
            _print(figure, whole=sample is None)
    if as_json:
        print_json({"steps": [_as_record(figure) for figure in found]})
    if not all(figure.is_good_enough for figure in found):
        raise typer.Exit(FAILED)


def _sample(mutants: Sequence[Mutant], count: int | None, seed: int | None) -> Sequence[Mutant]:
    """A number of mutants, drawn with the seed, or all of them for None."""
    if count is None or count >= len(mutants):
        return mutants
    return random.Random(seed).sample(mutants, count)  # noqa: S311 - a choice to repeat, not a secret


def _counted(trials: Iterable[Trial], step: Step, total: int) -> Iterable[Trial]:
    """The trials. While they come in it shows how many, and names the mutants that survive."""
    with counting(f"Judging mutants of step {step.number}", total) as counter:
        for trial in trials:
            survived = trial.caught_by is None
            if survived:
                print(printable(f"✘ {trial.mutant}"), file=sys.stderr)
            counter.count(failed=survived)
            yield trial


def _print(figure: Figure, *, whole: bool) -> None:
    screen = console()
    for mutant in figure.survivors:
        screen.print(sign(Outcome.FAILED), shown(str(mutant)), soft_wrap=True)
    if whole:
        for excuse in figure.unused:
            screen.print(sign(Outcome.FAILED), "an excuse for nothing:", shown(f"{excuse.file}: {excuse.why}"))
    outcome = Outcome.PASSED if figure.is_good_enough else Outcome.FAILED
    words = f"{figure.caught} caught, {len(figure.survivors)} survived, {figure.excused} excused: {figure.share:.1%}"
    screen.print(sign(outcome), f"step {figure.step}: {words}")


def _as_record(figure: Figure) -> dict[str, object]:
    return {
        "step": figure.step,
        "caught": figure.caught,
        "excused": figure.excused,
        "share": round(figure.share, 4),
        "survivors": [
            {
                "operator": mutant.operator,
                "file": mutant.path,
                "line": mutant.line,
                "place": mutant.place,
                "before": mutant.before,
                "after": mutant.after,
            }
            for mutant in figure.survivors
        ],
    }
