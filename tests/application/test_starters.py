"""What a student is handed: stubs that say which task they wait for, and else the solution itself."""

import ast
import re
from pathlib import Path

import pytest

from courseware.course import load_course
from courseware.project_tree import finish, read_tree

COURSE = load_course(Path(__file__).parent.parent.parent)
STARTERS = {
    f"{step.number}: {path}": (step, path)
    for step in COURSE.steps
    for path in read_tree(step.starter_folder)
    if path.endswith(".py")
}


@pytest.mark.parametrize("starter", STARTERS)
def test_a_starter_without_a_task_is_the_solution_itself(starter: str) -> None:
    step, path = STARTERS[starter]
    handed_out = (step.starter_folder / path).read_bytes()
    given = b"TODO" not in handed_out
    assert (handed_out == finish(COURSE, step.number)[path]) == given


@pytest.mark.parametrize("starter", STARTERS)
def test_every_todo_and_every_stub_names_a_task_that_is_done_in_this_file(starter: str) -> None:
    step, path = STARTERS[starter]
    text = (step.starter_folder / path).read_text(encoding="utf-8")
    named = re.findall(r"(?:TODO|Task) (\d+\.\w+)", text)
    assert len(named) == text.count("TODO") + text.count("NotImplementedError")
    done_here = {task.id for task in step.tasks if path in task.edit}
    assert set(named) == done_here


@pytest.mark.parametrize("starter", STARTERS)
def test_a_stub_does_nothing_but_say_which_task_it_waits_for(starter: str) -> None:
    step, path = STARTERS[starter]
    module = ast.parse((step.starter_folder / path).read_bytes())
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions if path in {path for task in step.tasks for path in task.edit} else ():
        docstring, body = function.body
        assert isinstance(docstring, ast.Expr)
        assert re.fullmatch(r"raise NotImplementedError\('Task \d+\.\w+: [a-z ]+'\)", ast.unparse(body))
