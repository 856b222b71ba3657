"""What nbgrader runs over a submitted notebook: mends its cells, judges in place of running it, keeps the points."""

import copy
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import SaveAutoGrades
from nbgrader.preprocessors.base import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Dict, Enum, Float

from courseware.classroom.judgements.jobs import Judgement, judge_submission
from courseware.classroom.judgements.journal import Journal
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.classroom.nbgrader.feedback import judgement_html
from courseware.classroom.nbgrader.notebooks import is_answered_in_words
from courseware.classroom.nbgrader.submissions import project_in
from courseware.course import Step
from courseware.judging.judgement import USUAL_SECONDS
from courseware.judging.sandbox import SandboxKind

Processed = tuple[NotebookNode, ResourcesDict]
NEEDS_LOOK = "needs_look"
"""In nbgrader's resources: the ids of grade cells that a person must look at. Until then they have no points."""
REMARK = "remark"
"""In nbgrader's resources: what a person should know who looks at the answers in words."""


def mend(notebook: NotebookNode, official: NotebookNode) -> list[str]:
    """Puts back what nbgrader needs and would fail without; returns the ids of the cells that had been deleted.

    Afterwards every marked cell of the `official` notebook is there once, with its own marks, and no other cell bears
    any. Answers and cells of the student's own stay as they are.
    """
    marked = {cell.metadata.nbgrader.grade_id: cell for cell in official.cells if "nbgrader" in cell.metadata}
    found: dict[str, NotebookNode] = {}
    for place, cell in enumerate(notebook.cells):
        claimed = cell.metadata.pop("nbgrader", None)
        grade_id = claimed.get("grade_id") if isinstance(claimed, dict) else cell.get("id")
        if isinstance(grade_id, str) and grade_id in marked and grade_id not in found:
            notebook.cells[place] = found[grade_id] = _restored(cell, marked[grade_id])
    place = 0
    for grade_id, cell in marked.items():
        if grade_id in found:
            place = next(number for number, each in enumerate(notebook.cells) if each is found[grade_id]) + 1
        else:  # after the one that stands before it officially
            notebook.cells.insert(place, copy.deepcopy(cell))
            place += 1
    return [grade_id for grade_id in marked if grade_id not in found]


def _restored(cell: NotebookNode, official: NotebookNode) -> NotebookNode:
    """The cell with its marks, and as it was handed out unless it is for the student to write in."""
    if official.metadata.nbgrader.get("solution") and cell.cell_type == official.cell_type:
        cell.metadata["nbgrader"] = copy.deepcopy(official.metadata.nbgrader)
        return cell
    restored = copy.deepcopy(official)
    if official.metadata.nbgrader.get("solution"):
        restored.source = cell.source
    return restored


class MendCells(NbGraderPreprocessor):
    """Before all else: mends the cells as they were handed out, as nbgrader's own preprocessors rely on them."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Processed:
        folder = _course_folder(self)
        official = nbformat.read(folder.notebook(resources["nbgrader"]["notebook"]), as_version=4)  # type: ignore[no-untyped-call]
        for grade_id in mend(nb, official):
            self.log.warning("The cell %s was missing, it is put back", grade_id)
        return nb, resources


class JudgeSubmission(NbGraderPreprocessor):
    """In the place of nbgrader's `Execute`: judges the submission's files, and never runs its notebook.

    Each task's grade cell gets what its author should read, and its points as the value that nbgrader counts.
    """

    sandbox = Enum(
        ("bubblewrap", "plain"),
        default_value="bubblewrap",
        help="Where submissions run. `plain` protects nothing: they could read your files and forge their points.",
    ).tag(config=True)
    time_limit = Float(USUAL_SECONDS, min=1, help="How long one judgement may take, in seconds.").tag(config=True)
    faults = Dict(
        help="Students whose submissions were tried before and could not be judged, each with the reason why."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Processed:
        place = resources["nbgrader"]
        folder = _course_folder(self)
        step = folder.step(place["assignment"])
        submission = folder.submission(place["student"], step.slug)
        judgement = self._judgement(folder, step, place["student"])
        official = nbformat.read(folder.notebook(step.slug), as_version=4)  # type: ignore[no-untyped-call]
        remark = folder.notes.remark(submission / f"{step.slug}.ipynb") or why_answers_need_a_look(nb, official)
        if judgement.fault:
            self.log.error("%s could not be judged and needs a look. %s", submission, judgement.fault)
        if judgement.refusal:
            self.log.warning("%s was not taken in and needs a look. %s", submission, judgement.refusal)
        if remark:
            self.log.warning("The answers in words of %s need a look. %s", submission, remark)
        show_judgement(nb, resources, step, judgement, remark)
        return nb, resources

    def _judgement(self, folder: CourseFolder, step: Step, student: str) -> Judgement:
        if student in self.faults:
            return Judgement(fault=self.faults[student])
        kind: SandboxKind = "plain" if self.sandbox == "plain" else "bubblewrap"
        return judge_submission(
            folder.course,
            step,
            lambda: project_in(folder, student, step).tree,
            journal=Journal(folder.journal),
            sandbox=kind,
            seconds=self.time_limit,
        )


class SavePoints(SaveAutoGrades):
    """nbgrader's own, but for cells whose points are not known, or that a person must look at."""

    def _add_comment(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        super()._add_comment(cell, resources)
        grade_id = cell.metadata.nbgrader["grade_id"]
        if resources["nbgrader"].get(REMARK) and grade_id in resources["nbgrader"][NEEDS_LOOK]:
            comment: Any = self.gradebook.find_comment(grade_id, self.notebook_id, self.assignment_id, self.student_id)
            comment.auto_comment = resources["nbgrader"][REMARK]
            self.gradebook.db.commit()

    def _add_score(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        super()._add_score(cell, resources)
        grade_id = cell.metadata.nbgrader["grade_id"]
        if grade_id in resources["nbgrader"].get(NEEDS_LOOK, ()):
            grade: Any = self.gradebook.find_grade(grade_id, self.notebook_id, self.assignment_id, self.student_id)
            grade.needs_manual_grade = True
            grade.auto_score = None
            self.gradebook.db.commit()


def _course_folder(preprocessor: Any) -> CourseFolder:
    """The folder in which nbgrader runs the preprocessor: it belongs to an exporter, and that to a converter."""
    return CourseFolder(Path(preprocessor.parent.parent.coursedir.root))


def why_answers_need_a_look(nb: NotebookNode, official: NotebookNode) -> str:
    """Why a person must look for answers in words elsewhere than in their cells, or nothing.

    nbgrader gives 0 points for a cell that is as it was handed out, but a student may answer in a cell beside it.
    """
    handed_out = {cell.source for cell in official.cells}
    own = {cell.source for cell in nb.cells if cell.cell_type != "code" and cell.source.strip()} - handed_out
    answers = {cell.source for cell in nb.cells if is_answered_in_words(cell.metadata.get("nbgrader", {}))}
    if answers & handed_out and own - answers:
        return "A cell for an answer is as it was handed out, and the notebook has text of the student's own elsewhere."
    return ""


def show_judgement(
    nb: NotebookNode, resources: ResourcesDict, step: Step, judgement: Judgement, remark: str = ""
) -> None:
    """Writes the judgement into the notebook's grade cells, and notes which of them a person must look at.

    A code cell that is graded but is no task of the step, perhaps an instructor's own, is never run: it needs a look.
    So do all answers in words where there is a `remark` about them.
    """
    tasks = {f"task_{task.id.replace('.', '_')}": task for task in step.tasks}
    needs_look = []
    for cell in nb.cells:
        if remark and is_answered_in_words(cell.metadata.get("nbgrader", {})):
            needs_look.append(cell.metadata.nbgrader["grade_id"])
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        if not is_grade(cell) or is_solution(cell):
            continue
        grade_id = cell.metadata.nbgrader["grade_id"]
        task = tasks.get(grade_id)
        points = None
        if task is not None:
            points = _points(judgement, task.id, float(cell.metadata.nbgrader["points"]))
            cell.outputs = [_output(judgement_html(judgement, task.id), points or 0.0)]
        if points is None:
            needs_look.append(grade_id)
    resources["nbgrader"] |= {NEEDS_LOOK: needs_look, REMARK: remark}


def _output(html: str, points: float) -> Any:
    """nbgrader reads the points from the plain text of a cell's value; people see the HTML of the same value."""
    data = {"text/html": html, "text/plain": repr(points)}
    return new_output("execute_result", data, execution_count=None)  # type: ignore[no-untyped-call]


def _points(judgement: Judgement, task: str, cell_points: float) -> float | None:
    """The task's points, on the scale of its cell: an instructor may have given the cell another number of points.

    None: they are not known, because the task was not judged.
    """
    for result in judgement.verdict.tasks if judgement.verdict is not None else ():
        if result.id == task and result.points_possible:
            return min(cell_points, round(result.points * cell_points / result.points_possible, 6))
    return None
