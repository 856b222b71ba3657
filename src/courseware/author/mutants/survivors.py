"""Mutants that no check catches: excused where no text forbids them, else reported."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import Field

from courseware.author.mutants.mutant import Mutant
from courseware.author.mutants.trying import Trial
from courseware.base.models import FrozenModel
from courseware.course import Step
from courseware.course.loader import parse, read_toml

EXCUSES = "mutants.toml"
GOAL = 0.95
"""The share of the mutants without an excuse that checks must catch."""


class Excuse(FrozenModel):
    """Why no text forbids a mutant. It holds for mutants of `file` that have all that is said here.

    `place` is how the name of the function or class begins, `before` and `after` are parts of what is replaced and of
    what comes in its place, as one line.
    """

    file: str
    place: str = ""
    operator: str = ""
    before: str = ""
    after: str = ""
    why: str = Field(min_length=1)

    def holds_for(self, mutant: Mutant) -> bool:
        before, after = (" ".join(text.split()) for text in (mutant.before, mutant.after))
        return (
            mutant.path == self.file
            and mutant.place.startswith(self.place)
            and self.operator in ("", mutant.operator)
            and self.before in before
            and self.after in after
        )


class _ExcusesFile(FrozenModel):
    excuses: tuple[Excuse, ...] = ()


def excuses_of(step: Step) -> tuple[Excuse, ...]:
    """The excuses beside a step's checks. Raises UsageError where the file is wrong."""
    path = step.checks_folder / EXCUSES
    return parse(_ExcusesFile, read_toml(path), path).excuses if path.exists() else ()


@dataclass(frozen=True)
class Figure:
    """How many mutants of a step were caught.

    Args:
        caught: by a check, or because the application does not start.
        excused: survivors with an excuse.
        survivors: the others.
        unused: excuses that hold for no survivor.
    """

    step: int
    caught: int
    excused: int
    survivors: tuple[Mutant, ...]
    unused: tuple[Excuse, ...]

    @property
    def share(self) -> float:
        """Of the mutants without an excuse, how many were caught, from 0 to 1."""
        judged = self.caught + len(self.survivors)
        return self.caught / judged if judged else 1.0

    @property
    def is_good_enough(self) -> bool:
        return self.share >= GOAL


def figures(step: Step, trials: Iterable[Trial], excuses: Sequence[Excuse]) -> Figure:
    """The figure of a step."""
    done = list(trials)
    left = [trial.mutant for trial in done if trial.caught_by is None]
    used = {excuse for excuse in excuses for mutant in left if excuse.holds_for(mutant)}
    survivors = tuple(mutant for mutant in left if not any(excuse.holds_for(mutant) for excuse in excuses))
    return Figure(
        step=step.number,
        caught=len(done) - len(left),
        excused=len(left) - len(survivors),
        survivors=survivors,
        unused=tuple(excuse for excuse in excuses if excuse not in used),
    )
