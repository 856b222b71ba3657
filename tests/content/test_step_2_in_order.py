"""Step 2 is worked on in order: a task holds as soon as it is done, whether or not the next one is begun."""

import ast
import re
from pathlib import Path

import pytest

from courseware.base.tree import read_tree
from courseware.course import load_course
from courseware.course.stages import finish, start
from courseware.judging.judgement import judge

COURSE = load_course(Path(__file__).parents[2])
STEP = COURSE.step(2)
TASKS = [task.id for task in STEP.tasks]


def parts(source: str) -> dict[str, str]:
    """The functions and classes of a module, with the comments in them."""
    lines = source.splitlines(keepends=True)
    nodes = ast.parse(source).body
    ends = [*(first_line(node) - 1 for node in nodes[1:]), len(lines)]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {
        node.name: "".join(lines[first_line(node) - 1 : end])
        for node, end in zip(nodes, ends, strict=True)
        if isinstance(node, kinds)
    }


def first_line(node: ast.stmt) -> int:
    decorated: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorated)])


def tree_after(done: list[str]) -> dict[str, bytes]:
    """The project of somebody who has done these tasks: the solution, but for what waits for other tasks."""
    tree = finish(COURSE, STEP.number)
    for path, content in read_tree(STEP.starter_folder).items():
        waiting = named(content.decode())
        if waiting and not waiting & set(done):
            tree[path] = content
        elif waiting:
            tree[path] = mixed(tree[path].decode(), content.decode(), done).encode()
    for task in STEP.tasks:
        for path in task.edit:
            if task.id not in done and not (STEP.starter_folder / path).exists():
                tree[path] = finish(COURSE, STEP.number - 1)[path]
    return tree


def mixed(solution: str, starter: str, done: list[str]) -> str:
    """The solution with the starter's functions and classes that wait for other tasks than these."""
    solved = parts(solution)
    for name, part in parts(starter).items():
        if named(part) - set(done):
            solution = solution.replace(solved[name], part)
    return solution


def named(text: str) -> set[str]:
    """The tasks that a starter's text waits for."""
    return set(re.findall(r"TODO (\d+\.\d+)", text))


def test_the_way_goes_from_what_is_handed_out_to_the_reference() -> None:
    assert tree_after([]) == start(COURSE, STEP.number)
    assert tree_after(TASKS) == finish(COURSE, STEP.number)


@pytest.mark.parametrize("done", range(1, len(TASKS)))
def test_what_is_done_holds_and_the_rest_does_not(done: int) -> None:
    """`course verify` judges what is handed out and the reference."""
    verdict = judge(COURSE, STEP, tree_after(TASKS[:done]), hidden=True)
    assert verdict.valid
    assert [task.held for task in verdict.tasks] == [number < done for number in range(len(TASKS))]
