"""What a submission's judgement is, how often it is made, and what of it is shown to whom."""

import copy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters.exporter import ResourcesDict

from courseware.base.errors import UsageError
from courseware.base.tree import write_tree
from courseware.classroom.judgements.jobs import Judgement, judge_submission
from courseware.classroom.judgements.journal import Journal
from courseware.classroom.nbgrader.course_folder import CourseFolder
from courseware.classroom.nbgrader.feedback import judgement_html
from courseware.classroom.nbgrader.preprocessors import NEEDS_LOOK, show_judgement
from courseware.classroom.nbgrader.submissions import project_in
from courseware.course import Course
from courseware.course.stages import finish

SLUG = "step_1_greeting"
GREETING = "app/greeting.py"


@pytest.fixture(autouse=True)
def submission(course: Course, folder: CourseFolder) -> Path:
    place = folder.submission("ada", SLUG)
    write_tree(finish(course, 1), place)
    return place


@pytest.fixture
def journal(folder: CourseFolder) -> Journal:
    return Journal(folder.journal)


def judged(folder: CourseFolder, journal: Journal) -> Judgement:
    step = folder.course.step(1)
    return judge_submission(
        folder.course, step, lambda: project_in(folder, "ada", step).tree, journal=journal, sandbox="plain"
    )


def shown(course: Course, judgement: Judgement, **points: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """The outputs of the notebook's grade cells, by id, and nbgrader's resources."""
    notebook: Any = nbformat.read(course.step(1).notebook, as_version=4)  # type: ignore[no-untyped-call]
    notebook.cells.append(copy.deepcopy(next(cell for cell in notebook.cells if cell.id == "task_1_1")))
    notebook.cells[-1].metadata.nbgrader.grade_id = "own"
    for cell in notebook.cells:
        if cell.id in points:
            cell.metadata.nbgrader.points = points[cell.id]
    resources = ResourcesDict(nbgrader={})
    show_judgement(notebook, resources, course.step(1), judgement)
    graded = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    values = {name: [output.data["text/plain"] for output in cell.get("outputs", [])] for name, cell in graded.items()}
    return values, resources["nbgrader"]


def test_the_same_files_are_judged_once(folder: CourseFolder, submission: Path, journal: Journal) -> None:
    first = judged(folder, journal)
    (submission / "submission_secret.txt").write_text("another")
    (submission / "lesson").mkdir()
    (submission / "lesson" / "notes.md").write_text("read it")
    assert judged(folder, journal) == first
    (submission / GREETING).write_text((submission / GREETING).read_text() + "\n")
    assert judged(folder, journal) != first


def test_new_checks_judge_anew(course: Course, folder: CourseFolder, journal: Journal) -> None:
    first = judged(folder, journal)
    check = course.step(1).hidden_checks_folder / "test_greeting_hidden.py"
    check.write_text(check.read_text() + "\n")
    second = judged(folder, journal)
    assert first.verdict is not None
    assert second.verdict is not None
    assert first.verdict.checks_version != second.verdict.checks_version


def test_points_are_on_the_scale_of_the_cell(
    course: Course, folder: CourseFolder, submission: Path, journal: Journal
) -> None:
    text = (submission / GREETING).read_text()
    (submission / GREETING).write_text(text.replace(".strip()", ""))
    judgement = judged(folder, journal)
    values, notes = shown(course, judgement)
    assert values == {"task_1_1": ["3.0"], "task_1_2": ["0.0"], "own": [], "question_1_a": []}
    assert notes[NEEDS_LOOK] == ["own"]
    values, _ = shown(course, judgement, task_1_1=100, task_1_2=0)
    assert values["task_1_1"] == ["50.0"]
    assert values["task_1_2"] == ["0.0"]


def test_of_hidden_checks_only_number_and_points_are_told(
    folder: CourseFolder, submission: Path, journal: Journal
) -> None:
    text = (submission / GREETING).read_text()
    spied = "    print('asked for', query, flush=True)\n    name = query.get('name', '')"
    (submission / GREETING).write_text(text.replace('    name = query.get("name", "").strip()', spied))
    judgement = judged(folder, journal)
    assert judgement.verdict is not None
    assert "asked for" in judgement.verdict.application.log
    html = judgement_html(judgement, "1.1")
    assert "GET /greeting answers 200 with a greeting for the name." in html
    assert "Checks that are not shown: 0 of 1 pass, 0 / 3 points." in html
    for told in ("asked for", "Spaces", "trims_name", "not_trimmed"):
        assert told not in html
    assert "not shown" not in judgement_html(judgement, "1.2")


def test_a_fault_of_the_course_is_no_loss_and_not_kept(course: Course, folder: CourseFolder, journal: Journal) -> None:
    check = course.step(1).hidden_checks_folder / "test_greeting_hidden.py"
    right = check.read_text()
    check.write_text(right.replace("answer.expect_value", "answer.no_such_thing"))
    judgement = judged(folder, journal)
    assert "no_such_thing" in judgement.fault
    _, notes = shown(course, judgement)
    assert notes[NEEDS_LOOK] == ["task_1_1", "task_1_2", "own"]
    html = judgement_html(judgement, "1.1")
    assert "It is not your mistake" in html
    assert "no_such_thing" not in html
    check.write_text("this is no Python\n")
    assert judged(folder, journal).fault
    check.write_text(right)
    assert judged(folder, journal).verdict is not None


def test_a_refused_submission_has_no_points_and_needs_a_look(
    course: Course, folder: CourseFolder, submission: Path, journal: Journal
) -> None:
    (submission / "app" / "<b>link").symlink_to("/etc/passwd")
    judgement = judged(folder, journal)
    assert "is a link" in judgement.refusal
    values, notes = shown(course, judgement)
    assert values["task_1_1"] == ["0.0"]
    assert notes[NEEDS_LOOK] == ["task_1_1", "task_1_2", "own"]
    assert "&lt;b&gt;link" in judgement_html(judgement, "1.1")


def test_without_a_sandbox_nothing_is_judged(
    course: Course, folder: CourseFolder, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from courseware.judging.sandbox import Availability

    missing = Availability(bubblewrap=False, reason="bubblewrap is not installed.", cgroup=None)
    monkeypatch.setattr("courseware.classroom.judgements.jobs.available", lambda: missing)
    with pytest.raises(UsageError, match="bubblewrap is not installed"):
        judge_submission(
            course, course.step(1), lambda: project_in(folder, "ada", course.step(1)).tree, journal=journal
        )
