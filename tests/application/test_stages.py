"""Every stage of the application runs, and lesson.toml tells the truth about what a step brings."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from courseware.course import Course
from courseware.project_tree import finish, start

Run = Callable[..., str]
Stages = dict[str, Path]

PROBE = Path(__file__).with_name("probe.py").read_text(encoding="utf-8")
ACCOUNTS = {"health": 200, "register": 201, "me": 200}
CONTACTS = {"create": 201, "list": 200, "read": 200, "update": 200, "delete": 204}


@pytest.mark.parametrize(
    ("name", "contacts"),
    [
        ("finish 0", dict.fromkeys(CONTACTS, 404)),
        ("start 1", dict.fromkeys(CONTACTS, 500)),
        ("finish 1", CONTACTS),
    ],
)
def test_a_stage_starts_and_does_what_its_step_brought(
    stages: Stages, run: Run, name: str, contacts: dict[str, int]
) -> None:
    run(stages[name], "-m", "alembic", "upgrade", "head")
    statuses = json.loads(run(stages[name], "-W", "error", "-c", PROBE, BCRYPT_ROUNDS="4"))
    assert statuses == ACCOUNTS | contacts


def test_a_step_adds_and_changes_what_it_says(course: Course) -> None:
    for step in course.steps:
        before, after = finish(course, step.number - 1), finish(course, step.number)
        assert before.keys() <= after.keys()
        assert sorted(after.keys() - before.keys()) == sorted(step.lesson.adds)
        assert [path for path in before if before[path] != after[path]] == sorted(step.lesson.changes)


def test_a_starter_hands_out_every_file_of_its_step_and_no_other(course: Course) -> None:
    for step in course.steps:
        handed_out = start(course, step.number)
        assert handed_out.keys() == finish(course, step.number).keys()
        own = {path.relative_to(step.starter_folder).as_posix() for path in step.starter_folder.rglob("*.*")}
        assert own - {path for path in own if "__pycache__" in path} <= {*step.lesson.adds, *step.lesson.changes}


def test_a_task_is_done_in_files_that_its_starter_hands_out(course: Course) -> None:
    for step in course.steps:
        for task in step.tasks:
            for path in task.edit:
                assert f"TODO {task.id}" in (step.starter_folder / path).read_text(encoding="utf-8"), (task.id, path)
