"""Every stage of the application runs, and lesson.toml tells the truth about what a step brings."""

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from courseware.base.tree import Tree, changed, read_tree
from courseware.course import Course, Step, load_course
from courseware.course.stages import finish, start
from courseware.course.suites import suite_of

from ..expected import expected_in

Run = Callable[..., str]
Stages = dict[str, Path]

PROBE = Path(__file__).with_name("probe.py").read_text(encoding="utf-8")
COURSE = load_course(Path(__file__).parents[2])
STARTS = [step.number for step in COURSE.steps if expected_in(step.lesson_folder).statuses_at_start]


def probed(folder: Path, run: Run, *alembic: str) -> tuple[dict[str, int], str]:
    """The statuses with which the application in a folder answers after these commands of Alembic, and all output."""
    printed = run(folder, "-W", "error", "-c", PROBE, *alembic, BCRYPT_ROUNDS="4", REDIS_URL="redis://127.0.0.1:1/0")
    statuses: dict[str, int] = json.loads(printed.splitlines()[-1])
    return statuses, printed


def expected_after(number: int) -> dict[str, int]:
    """The statuses that the lessons promise: the mail server is there, Redis and Cloudinary are not."""
    folders = [COURSE.root / "lessons", *(step.lesson_folder for step in COURSE.stages if step.number <= number)]
    return {name: status for folder in folders for name, status in expected_in(folder).statuses.items()}


@pytest.mark.parametrize("number", COURSE.stage_numbers)
def test_a_reference_does_what_the_steps_up_to_it_brought(stages: Stages, run: Run, number: int) -> None:
    """And its models and migrations agree on SQLite."""
    statuses, printed = probed(stages[f"finish {number}"], run, "upgrade head", "check")
    assert "No new upgrade operations" in printed
    assert statuses == expected_after(number)


@pytest.mark.parametrize("number", STARTS)
def test_a_starter_runs_and_lacks_what_its_step_brings(stages: Stages, run: Run, number: int) -> None:
    expected = expected_after(number - 1) | expected_in(COURSE.step(number).lesson_folder).statuses_at_start
    statuses, _ = probed(stages[f"start {number}"], run, "upgrade head")
    assert statuses == expected


def test_the_last_step_leaves_the_finished_application(course: Course) -> None:
    assert finish(course, course.stages[-1].number) == read_tree(course.application_folder)


def test_a_later_step_edits_few_files_of_earlier_ones(course: Course) -> None:
    """Counted are the files of code: the homework also extends README.md, SECURITY.md and a list in the tests."""
    for step in course.stages:
        before, after = finish(course, step.number - 1), finish(course, step.number)
        edited = [path for path in changed(before, after) if path in before]
        assert len([path for path in edited if path.startswith(("app/", "migrations/"))]) <= 12, edited


def test_adds_of_every_step_names_what_it_adds(course: Course) -> None:
    for step in course.stages:
        new = finish(course, step.number).keys() - finish(course, step.number - 1).keys()
        for pattern in step.lesson.adds:
            assert any(fnmatchcase(path, pattern) for path in new), (step.slug, pattern)


def of_the_step(tree: Tree, step: Step) -> set[str]:
    """The paths of the files that the step is about: not the student's own tests beside those that it judges."""
    own = step.lesson.hands_in if step.lesson.suite else ()
    judged = suite_of(tree, step)
    return {path for path in tree if path in judged or not any(fnmatchcase(path, pattern) for pattern in own)}


def test_a_starter_hands_out_every_file_of_its_step_and_no_other(course: Course) -> None:
    for step in course.steps:
        handed_out, reference = start(course, step.number), finish(course, step.number)
        assert of_the_step(handed_out, step) == of_the_step(reference, step)
        before, after = finish(course, step.number - 1), finish(course, step.number)
        assert all(before.get(path) != after[path] for path in read_tree(step.starter_folder))


def test_a_task_is_done_in_files_that_its_starter_hands_out_or_that_the_student_has(course: Course) -> None:
    for step in course.steps:
        before, after = finish(course, step.number - 1), finish(course, step.number)
        own = before.keys() & changed(before, after)
        for task in step.tasks:
            handed_out = [path for path in task.edit if (step.starter_folder / path).exists()]
            assert handed_out, task.id
            assert set(task.edit) - set(handed_out) <= own, task.id
            for path in handed_out:
                assert f"TODO {task.id}" in (step.starter_folder / path).read_text(encoding="utf-8"), (task.id, path)
