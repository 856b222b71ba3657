"""What a student is handed to work on: stubs that say which task they wait for."""

import ast
import re
from pathlib import Path

import pytest

from courseware.base.tree import read_tree
from courseware.course import load_course
from courseware.course.stages import finish

COURSE = load_course(Path(__file__).parent.parent.parent)
STARTERS = {
    f"{step.number}: {path}": (step, path)
    for step in COURSE.steps
    for path in read_tree(step.starter_folder)
    if path.endswith(".py")
}


@pytest.mark.parametrize("starter", STARTERS)
def test_a_starter_waits_for_a_task(starter: str) -> None:
    """What the student is handed whole is `given` in lesson.toml."""
    step, path = STARTERS[starter]
    assert b"TODO" in (step.starter_folder / path).read_bytes()


@pytest.mark.parametrize("starter", STARTERS)
def test_every_todo_and_every_stub_names_a_task_that_is_done_in_this_file(starter: str) -> None:
    step, path = STARTERS[starter]
    text = (step.starter_folder / path).read_text(encoding="utf-8")
    named = re.findall(r"(?:TODO|Task) (\d+\.\w+)", text)
    assert len(named) == text.count("TODO") + text.count("NotImplementedError")
    done_here = {task.id for task in step.tasks if path in task.edit}
    assert set(named) == done_here


@pytest.mark.parametrize("starter", STARTERS)
def test_a_function_is_given_whole_or_says_which_task_it_waits_for(starter: str) -> None:
    step, path = STARTERS[starter]
    given = [
        body for number in (step.number - 1, step.number) for body in bodies(finish(COURSE, number).get(path, b""))
    ]
    for body in bodies((step.starter_folder / path).read_bytes()):
        assert body in given or re.fullmatch(r"raise NotImplementedError\('Task \d+\.\w+: [a-z ]+'\)", body)


def bodies(source: bytes) -> list[str]:
    """What the functions of a module do, without what they say of themselves."""
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return ["\n".join(map(ast.unparse, function.body[bool(ast.get_docstring(function)) :])) for function in functions]
