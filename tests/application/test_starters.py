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
DOCUMENTING = [
    path.relative_to(COURSE.root)
    for pattern in ("starter/*/app/**/*.py", "checks/*/alternatives/*/app/**/*.py")
    for path in COURSE.root.glob(pattern)
    if b"error_answers(" in path.read_bytes()
]


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
def test_a_function_is_given_or_says_which_task_it_waits_for(starter: str) -> None:
    """A function is given whole, or its first lines are. Otherwise it is a stub, or a comment names its task."""
    step, path = STARTERS[starter]
    given = [
        body(function)
        for number in (step.number - 1, step.number)
        for function in functions(finish(COURSE, number).get(path, b""))
    ]
    source = (step.starter_folder / path).read_text(encoding="utf-8")
    for function in functions(source):
        is_given = any(each == body(function) or each.startswith(f"{body(function)}\n") for each in given)
        is_stub = re.fullmatch(r"raise NotImplementedError\('Task \d+\.\w+: [a-z ]+'\)", body(function))
        with_comment_below = source.splitlines()[function.lineno - 1 : (function.end_lineno or 0) + 1]
        is_named = re.search(r"# TODO \d+\.\w+", "\n".join(with_comment_below))
        assert is_given or is_stub or is_named, function.name


@pytest.mark.parametrize("path", DOCUMENTING, ids=str)
def test_errors_are_documented_by_a_status_and_codes(path: Path) -> None:
    """`error_answers(status, *codes)`: no check reads the OpenAPI document, and no type checker reads alternatives."""
    for call in ast.walk(ast.parse((COURSE.root / path).read_bytes())):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "error_answers":
            status, *codes = call.args
            assert re.fullmatch(r"HTTPStatus\.[A-Z_]+|[45]\d\d", ast.unparse(status)), ast.unparse(call)
            assert all(re.fullmatch("'[a-z_]+'", ast.unparse(code)) for code in codes), ast.unparse(call)


def functions(source: bytes | str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a module and of its classes, without those inside of other functions."""
    scopes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Module | ast.ClassDef)]
    inside = [node for scope in scopes for node in scope.body]
    return [node for node in inside if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """What a function does, without its docstring."""
    return "\n".join(map(ast.unparse, function.body[bool(ast.get_docstring(function)) :]))
