"""Every stage of the application runs, and lesson.toml tells the truth about what a step brings."""

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from courseware.base.tree import changed, read_tree
from courseware.course import Course
from courseware.course.stages import finish, start

Run = Callable[..., str]
Stages = dict[str, Path]

PROBE = Path(__file__).with_name("probe.py").read_text(encoding="utf-8")
ACCOUNTS = {"health": 200, "register": 201, "log in unverified": 200, "me": 200, "refresh": 200, "refresh again": 200}
CONTACTS = {"create": 201, "list": 200, "read": 200, "update": 200, "delete": 204}
NOT_THERE = dict.fromkeys(("avatar", "birthdays", "log out", "lose password", *CONTACTS), 404)
# What each step brings, as the probe sees it: the mail server is there, Redis and Cloudinary are not.
BROUGHT = {
    0: ACCOUNTS | NOT_THERE | {"log in too often": 200},
    1: CONTACTS | {"birthdays": 422},  # taken for the id of a contact
    2: {"log in unverified": 403, "verify": 200},
    3: {"avatar": 502},
    4: {"log in too often": 429},
    5: {"birthdays": 200, "refresh again": 401, "log out": 204},
    6: {},
    7: {},
    8: {"lose password": 202},
}


def probed(folder: Path, run: Run) -> dict[str, int]:
    """The statuses with which the application in a folder answers."""
    run(folder, "-m", "alembic", "upgrade", "head")
    printed = run(folder, "-W", "error", "-c", PROBE, BCRYPT_ROUNDS="4", REDIS_URL="redis://127.0.0.1:1/0")
    statuses: dict[str, int] = json.loads(printed.splitlines()[-1])
    return statuses


@pytest.mark.parametrize("number", BROUGHT)
def test_a_reference_does_what_the_steps_up_to_it_brought(stages: Stages, run: Run, number: int) -> None:
    expected = {name: status for step in range(number + 1) for name, status in BROUGHT[step].items()}
    assert probed(stages[f"finish {number}"], run) == expected


def test_the_first_starter_runs_and_has_no_contacts_yet(stages: Stages, run: Run) -> None:
    expected = BROUGHT[0] | dict.fromkeys(CONTACTS, 500) | {"birthdays": 422}
    assert probed(stages["start 1"], run) == expected


def test_the_last_step_leaves_the_finished_application(course: Course) -> None:
    assert finish(course, len(course.stages)) == read_tree(course.application_folder)


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


def test_a_starter_hands_out_every_file_of_its_step_and_no_other(course: Course) -> None:
    for step in course.steps:
        handed_out = start(course, step.number)
        assert handed_out.keys() == finish(course, step.number).keys()
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
