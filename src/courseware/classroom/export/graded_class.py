"""What is exported: the steps of a class, the results of submissions, and nbgrader's marks beside them."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from courseware.base.errors import UsageError
from courseware.classroom.grading.grading import SubmissionResult, results_of
from courseware.classroom.nbgrader import CourseFolder
from courseware.course import Step


@dataclass(frozen=True)
class Mark:
    """What the gradebook says of one graded cell of a submission, in the cell's own points.

    `automatic` is None where a person must look first.
    """

    by_hand: float | None
    automatic: float | None
    extra: float


@dataclass(frozen=True)
class Marks:
    """A step's marks.

    Args:
        possible: every graded cell's points, by its name.
        marks: the marks, by student and cell.
        late: the students who were given a penalty for being late.
    """

    possible: Mapping[str, float] = field(default_factory=dict)
    marks: Mapping[tuple[str, str], Mark] = field(default_factory=dict)
    late: frozenset[str] = frozenset()


def marks_of(folder: CourseFolder, step: Step) -> Marks:
    """The gradebook's marks for a step; none where it does not know the step."""
    path = folder.root / "gradebook.db"
    if not path.is_file():
        return Marks()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about nbgrader's own ways
        from nbgrader.api import Gradebook, MissingEntry

        with Gradebook(f"sqlite:///{path}") as gradebook:
            try:
                assignment: Any = gradebook.find_assignment(step.slug)
            except MissingEntry:
                return Marks()
            return _read(assignment)


def _read(assignment: Any) -> Marks:
    marks, late = {}, set()
    for submission in assignment.submissions:
        student = submission.student.id
        for notebook in submission.notebooks:
            if notebook.late_submission_penalty:
                late.add(student)
            for grade in notebook.grades:
                automatic = None if grade.needs_manual_grade else grade.auto_score
                marks[student, grade.name] = Mark(grade.manual_score, automatic, grade.extra_credit or 0.0)
    cells = [cell for notebook in assignment.notebooks for cell in notebook.grade_cells]
    return Marks({cell.name: float(cell.max_score) for cell in cells}, marks, frozenset(late))


@dataclass(frozen=True)
class GradedStep:
    """A step with at least one submission. `marks` are what nbgrader's gradebook has besides verdicts."""

    step: Step
    results: tuple[SubmissionResult, ...]
    marks: Marks = field(default_factory=Marks)

    @property
    def needs_look(self) -> list[SubmissionResult]:
        """The submissions that a person must look at."""
        return [result for result in self.results if result.remark]


def graded_steps(folder: CourseFolder, number: int | None = None, *, with_marks: bool = False) -> list[GradedStep]:
    """The class as the journal knows it, in all steps or in one; with nbgrader's marks if need be.

    Raises UsageError when nothing was handed in.
    """
    found = []
    for step in folder.course.steps if number is None else (folder.course.step(number),):
        results = results_of(folder, step)
        if results:
            found.append(GradedStep(step, tuple(results), marks_of(folder, step) if with_marks else Marks()))
    if not found:
        raise UsageError(f"Nothing was handed in yet: {folder.root / 'submitted'} holds no submission of it.")
    return found
