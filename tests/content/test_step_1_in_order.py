"""Step 1 is worked on in order: a task holds as soon as it is done, whether or not the next one is begun."""

import ast
from pathlib import Path

import pytest

from courseware.base.tree import Tree
from courseware.course import load_course
from courseware.course.stages import finish, start
from courseware.judging.judgement import judge

COURSE = load_course(Path(__file__).parents[2])
STEP = COURSE.step(1)
TASKS = [task.id for task in STEP.tasks]
SCHEMAS, SERVICE, ROUTES = "app/schemas/contact.py", "app/services/contacts.py", "app/api/v1/contacts.py"
WRITTEN_IN = {
    "1.2": [(SERVICE, "get"), (SERVICE, "read_page"), (ROUTES, "list_contacts"), (ROUTES, "read_contact")],
    "1.4": [(SCHEMAS, "ContactUpdate"), (SERVICE, "update"), (ROUTES, "update_contact")],
    "1.5": [(SERVICE, "delete"), (ROUTES, "delete_contact")],
}
"""What each task adds to the code of task 1.1. Task 1.2 writes app/schemas/page.py too, and task 1.3 passes `q` on."""


def tree_after(task: str) -> Tree:
    """The reference without the functions and classes that belong to later tasks."""
    handed_out, tree = start(COURSE, 1), finish(COURSE, 1)
    for later, places in WRITTEN_IN.items():
        for path, name in places if later > task else ():
            solved, waiting = part(tree[path], name), part(handed_out[path], name)
            tree[path] = tree[path].replace(solved, waiting)
    if task < "1.2":
        tree["app/schemas/page.py"] = handed_out["app/schemas/page.py"]
    elif task < "1.3":
        assert b"user, query, query.q)" in tree[ROUTES]
        tree[ROUTES] = tree[ROUTES].replace(b"user, query, query.q)", b"user, query)")
    return tree


def part(module: bytes, name: str) -> bytes:
    """The function or class of this name, without its decorators: a task may add to them early."""
    node = next(node for node in ast.parse(module).body if getattr(node, "name", None) == name)
    assert node.end_lineno
    return b"".join(module.splitlines(keepends=True)[node.lineno - 1 : node.end_lineno])


@pytest.mark.parametrize("done", range(2, len(TASKS)))
def test_what_is_done_holds_and_the_rest_does_not(done: int) -> None:
    """`course verify` judges what is handed out and the reference, and another test the first task."""
    verdict = judge(COURSE, STEP, tree_after(TASKS[done - 1]), hidden=True)
    assert verdict.valid
    assert [task.held for task in verdict.tasks] == [number < done for number in range(len(TASKS))]
