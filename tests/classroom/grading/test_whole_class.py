"""The real course, through nbgrader: whatever is known to be right or wrong gets the points that its checks give it."""

from functools import partial
from pathlib import Path
from random import sample

import pytest

from courseware.author import claims
from courseware.author.verification import Kind
from courseware.base.tree import digest
from courseware.classroom.judgements.jobs import Job, judge_here
from courseware.classroom.judgements.journal import Journal, Key
from courseware.classroom.nbgrader import CourseFolder
from courseware.classroom.nbgrader.writing import write_course_folder
from courseware.course import Course, load_course
from courseware.judging.judgement import checks_version

from ...sampling import EVERYTHING
from .conftest import Class, nbgrader

pytestmark = pytest.mark.bubblewrap

ROOT = Path(__file__).parents[3]
STEPS = load_course(ROOT).steps
SAMPLE = {Kind.MISTAKE: 1, Kind.ALTERNATIVE: 0}
"""How many specimens of these kinds are graded beside the reference and the starter, other ones each time.

`course verify` judges all of them. Here it matters that a verdict with all, some or none of the points becomes the same
points in the gradebook. COURSE_TESTS=all grades all specimens of all steps, which takes minutes.
"""
GRADED = STEPS if EVERYTHING else STEPS[:1]


@pytest.mark.long
@pytest.mark.parametrize("number", [step.number for step in GRADED])
def test_every_specimen_has_exactly_its_points(number: int, tmp_path: Path) -> None:
    points_are_those_of_the_verdicts(load_course(ROOT), number, tmp_path)


def test_suites_have_exactly_their_points(tested_course: Course, tmp_path: Path) -> None:
    """In a step that judges tests."""
    points_are_those_of_the_verdicts(tested_course, 3, tmp_path)


def points_are_those_of_the_verdicts(course: Course, number: int, tmp_path: Path) -> None:
    """Grade specimens of a step through nbgrader, and compare the gradebook with the verdicts."""
    step = course.step(number)
    classroom = Class(CourseFolder(tmp_path / "class"), number)
    folder = classroom.folder.root
    write_course_folder(course, folder)
    nbgrader(folder, "generate_assignment", step.slug)
    students = {claim.name.replace("(", "_").replace(")", ""): claim for claim in claims(course, (step,))}
    # Without the finished application: nobody hands in the files of later steps, and the intake drops some of them.
    students = {name: claim for name, claim in students.items() if claim.step == claim.stage == number}
    if not EVERYTHING:
        for kind, size in SAMPLE.items():
            names = [name for name, claim in students.items() if claim.kind is kind]
            for name in sample(names, max(0, len(names) - size)):
                del students[name]
    for name, claim in students.items():
        classroom.hand_in(name, claim.tree)

    journal, version = Journal(classroom.folder.journal), checks_version(course, step, hidden=True)
    keys = {name: Key(digest(claim.tree), number, version, "bubblewrap") for name, claim in students.items()}
    # By two processes at a time, as `course grade` does it. nbgrader then finds the verdicts, and judges nothing twice.
    jobs = [Job(key, partial(dict, students[name].tree)) for name, key in keys.items()]
    for judged in judge_here(course.root, jobs, workers=2):
        assert judged.verdict is not None, judged.fault
        journal.keep(judged.verdict)
    nbgrader(folder, "autograde", step.slug)

    assert classroom.verdicts() == len(set(keys.values()))
    graded = classroom.grades()
    assert graded.keys() == students.keys()
    for name, claim in students.items():
        verdict = journal.find(keys[name])
        assert verdict is not None
        assert claim.contradictions(verdict) == [], name
        deserved = {f"task_{task.id.replace('.', '_')}": (task.points, False) for task in verdict.tasks}
        assert graded[name] == deserved, name
        assert sum(task.points for task in verdict.tasks) == sum(check.points for check in verdict.checks)
