"""Compiles a variant of the application, so that its code tells a suite as little as possible about the variant.

A suite shares a process with the application, so it can look at its code. It must not learn from that whether the
variant has a bug. So the files in which variants differ are compiled anew for each run, with random line numbers and
with random statements that have no effect: what a suite could compute from the code is random on correct variants, too.
"""

import ast
import marshal
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from courseware.base.tree import Tree
from courseware.course.suites import Faulty, functions_in

MARK = "_reached"
"""The name by which functions with bugs report that they run. The runner defines it."""
MOST_STATEMENTS = 4
"""The largest number of random statements that are added to each block of statements."""

Marks = Mapping[str, Mapping[str, int]]
"""For each file the functions that report that they run, and the numbers that they report."""


_parsing = threading.Lock()
"""Python 3.11 counts the depth of a tree for all threads together, and ends with SystemError when two parse at once."""


def marks_of(applications: Faulty) -> dict[str, dict[str, int]]:
    """A number for each function that one of the bugs is in."""
    marks: dict[str, dict[str, int]] = {}
    places = sorted({(placed.bug.file, placed.bug.reached_in) for placed in applications.bugs.values()})
    for number, (file, function) in enumerate(places):
        marks.setdefault(file, {})[function] = number
    return marks


def differing_files(applications: Faulty) -> frozenset[str]:
    """The modules in which a variant or a bug differs from the application before the step."""
    base = applications.base
    in_variants = (path for tree in applications.variants.values() for path in tree if tree[path] != base[path])
    in_bugs = (placed.bug.file for placed in applications.bugs.values())
    return frozenset(path for path in (*in_variants, *in_bugs) if path.endswith(".py"))


def compiled(
    tree: Tree, package: str, differing: frozenset[str], marks: Marks, seed: str
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The code of the modules below the folder `package` by path, and all other files."""
    modules, others = {}, {}
    for path, content in tree.items():
        if not path.endswith(".py") or PurePosixPath(path).parts[0] != package:
            others[path] = content
        elif path in differing:
            rng = random.Random(f"{seed}:{path}")  # noqa: S311 - to be repeated, not a secret
            modules[path] = _code(_disguised(content, marks.get(path, {}), rng), path)
        else:
            modules[path] = _unchanged(content, path)
    return modules, others


def _code(source: str | bytes, path: str) -> bytes:
    return marshal.dumps(compile(source, path, "exec", dont_inherit=True))


@lru_cache(maxsize=1024)
def _unchanged(source: bytes, path: str) -> bytes:
    return _code(source, path)


def _disguised(source: bytes, marks: Mapping[str, int], rng: random.Random) -> str:
    """The module with marks and with statements that have no effect."""
    with _parsing:
        tree = ast.parse(source)
    for name, function in list(functions_in(tree)):
        for block in list(_blocks(function)):  # all of them first, or what is added would have blocks, too
            _add_statements(block, rng)
        if name in marks:
            function.body.insert(_after_docstring(function.body), _statement(f"{MARK}({marks[name]})"))
    return ast.unparse(tree)


def _blocks(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[list[ast.stmt]]:
    """The blocks of statements of a function, without those of functions and classes in it."""
    waiting: list[ast.AST] = [function]
    while waiting:
        node = waiting.pop()
        for name, value in ast.iter_fields(node):
            if isinstance(value, list) and name in ("body", "orelse", "finalbody", "handlers", "cases"):
                if value and isinstance(value[0], ast.stmt):
                    yield value
                waiting += [
                    each
                    for each in value
                    if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                ]


def _add_statements(block: list[ast.stmt], rng: random.Random) -> None:
    """Add at least one statement, and none behind the last one: behind a `return` it would not be compiled."""
    for _ in range(rng.randint(1, MOST_STATEMENTS)):
        first = _after_docstring(block)
        block.insert(rng.randint(first, max(first, len(block) - 1)), _statement(_without_effect(rng)))


def _without_effect(rng: random.Random) -> str:
    one, other = rng.randrange(1000), rng.randrange(1000)
    name = f"_{rng.randrange(10)}"
    return rng.choice(
        (
            f"{name} = {one}",
            f"{name} = ({one}, '{other}')",
            f"{name} = [{one}][0] + {other}",
            f"if {one} == [{other}]: {name} = {one}",
            f"{name} = [{one}][0] < {other}",
            f"for {name} in ({one}, {other}): pass",
        )
    )


def _after_docstring(block: Sequence[ast.stmt]) -> int:
    """The place of the first statement that is no docstring."""
    first = block[0]
    return int(
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )


def _statement(source: str) -> ast.stmt:
    with _parsing:
        return ast.parse(source).body[0]
