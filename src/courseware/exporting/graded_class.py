"""What is exported: the steps of a class, each with how its submissions stand."""

from dataclasses import dataclass

from courseware.course import Step
from courseware.errors import UsageError
from courseware.grading.grading import standings_of
from courseware.grading.standing import Standing
from courseware.nbgrader import CourseFolder


@dataclass(frozen=True)
class GradedStep:
    """A step for which somebody handed something in."""

    step: Step
    standings: tuple[Standing, ...]

    @property
    def needs_look(self) -> list[Standing]:
        """The submissions that a person must look at."""
        return [standing for standing in self.standings if standing.remark]


def graded_steps(folder: CourseFolder, number: int | None = None) -> list[GradedStep]:
    """The class as the journal knows it, in all steps or in one. Raises UsageError when nothing was handed in."""
    steps = folder.course.steps if number is None else (folder.course.step(number),)
    found = [GradedStep(step, tuple(standings_of(folder, step))) for step in steps]
    found = [graded for graded in found if graded.standings]
    if not found:
        raise UsageError(f"Nothing was handed in yet: {folder.root / 'submitted'} holds no submission of it.")
    return found
