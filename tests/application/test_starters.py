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
def test_a_function_is_given_whole_or_says_which_task_changes_it(starter: str) -> None:
    """A function with a TODO is a stub, or works in a way that its task replaces. The others are whole or in part."""
    step, path = STARTERS[starter]
    given = [
        set(body.splitlines())
        for number in (step.number - 1, step.number)
        for body, _ in functions(finish(COURSE, number).get(path, b"").decode())
    ]
    for body, text in functions((step.starter_folder / path).read_text(encoding="utf-8")):
        assert "# TODO " in text or any(lines.issuperset(body.splitlines()) for lines in given), text
        for line in body.splitlines():
            assert "NotImplementedError" not in line or re.fullmatch(
                r"raise NotImplementedError\('Task \d+\.\w+: [a-z ]+'\)", line
            )


def functions(source: str) -> list[tuple[str, str]]:
    """The functions of a module, without those inside of others: what each does, and its text with all comments."""
    found = []
    parents: list[ast.AST] = [ast.parse(source)]
    for parent in parents:
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = "\n".join(map(ast.unparse, node.body[bool(ast.get_docstring(node)) :]))
                found.append((body, ast.get_source_segment(source, node) or ""))
            else:
                parents.append(node)
    return found
