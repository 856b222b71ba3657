"""What is exported: the steps of a class, each with how its submissions stand."""

from dataclasses import dataclass, field

from courseware.course import Step
from courseware.errors import UsageError
from courseware.exporting.marks import Marks, marks_of
from courseware.grading.grading import standings_of
from courseware.grading.standing import Standing
from courseware.nbgrader import CourseFolder


@dataclass(frozen=True)
class GradedStep:
    """A step for which somebody handed something in. `marks` are what nbgrader's gradebook has besides verdicts."""

    step: Step
    standings: tuple[Standing, ...]
    marks: Marks = field(default_factory=Marks)

    @property
    def needs_look(self) -> list[Standing]:
        """The submissions that a person must look at."""
        return [standing for standing in self.standings if standing.remark]


def graded_steps(folder: CourseFolder, number: int | None = None, *, with_marks: bool = False) -> list[GradedStep]:
    """The class as the journal knows it, in all steps or in one; with nbgrader's marks if need be.

    Raises UsageError when nothing was handed in.
    """
    found = []
    for step in folder.course.steps if number is None else (folder.course.step(number),):
        standings = standings_of(folder, step)
        if standings:
            found.append(GradedStep(step, tuple(standings), marks_of(folder, step) if with_marks else Marks()))
    if not found:
        raise UsageError(f"Nothing was handed in yet: {folder.root / 'submitted'} holds no submission of it.")
    return found
