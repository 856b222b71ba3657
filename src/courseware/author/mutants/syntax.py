"""Operators on the syntax of Python: what is easily mistyped, forgotten or confused in any program."""

import ast
from collections.abc import Callable, Iterator
from itertools import pairwise

from courseware.author.mutants.mutant import Edit, Source

COMPARISONS = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
ARITHMETIC = {ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "*"}
BRACKETS = {ast.List: ("[", "]"), ast.Tuple: ("(", ")"), ast.Set: ("{", "}")}
DOCUMENTATION = ("responses", "description", "summary", "tags", "title", "examples", "operation_id", "name")
"""Arguments that change nothing but what /docs shows."""
ORDERLESS = ("where", "or_", "and_", "filter", "suppress")
"""Functions for which the order of arguments means nothing."""
DROPPED = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise)
"""Statements that can be forgotten without making the file unreadable."""


def conditions(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A condition that always or never holds, and a part of one that is forgotten."""
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        for value in ("True", "False"):
            yield "condition fixed", node.test, value
    if isinstance(node, ast.BoolOp):
        for value_node in node.values:
            yield "part of a condition alone", node, source.text(value_node)
        other = " or " if isinstance(node.op, ast.And) else " and "
        yield "and/or swapped", node, "(" + other.join(source.text(value) for value in node.values) + ")"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not dropped", node, f"({source.text(node.operand)})"


def comparisons(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A bound that is off by one, a comparison the other way round, the wrong sign."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        left, right = source.text(node.left), source.text(node.comparators[0])
        yield "comparison changed", node, f"({left} {COMPARISONS[type(node.ops[0])]} {right})"
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        left, right = source.text(node.left), source.text(node.right)
        yield "arithmetic changed", node, f"({left} {ARITHMETIC[type(node.op)]} {right})"


def constants(_: Source, node: ast.AST) -> Iterator[Edit]:
    """Another number, the other truth value, another word. Sentences for people are left alone."""
    if not isinstance(node, ast.Constant):
        return
    match node.value:
        case bool():
            yield "truth value flipped", node, str(not node.value)
        case int() | float():
            yield "number changed", node, str(node.value + 1)
            if node.value > 0:
                yield "number changed", node, str(node.value - 1)
        case str() if node.value and " " not in node.value:
            yield "word changed", node, repr(f"{node.value}x")
        case bytes() if node.value:
            yield "word changed", node, repr(node.value + b"x")


def waiting(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A coroutine that is never awaited."""
    if isinstance(node, ast.Await):
        yield "await dropped", node, source.text(node.value)


def statements(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A statement that is forgotten, or that stands on the wrong side of its neighbor."""
    is_name_of_module = isinstance(node, ast.Assign) and node in source.top  # without it the module cannot be imported
    if isinstance(node, DROPPED) and not is_name_of_module and not _is_docstring(node):
        yield "statement dropped", node, "pass"
    if isinstance(node, ast.Return) and node.value is not None:
        yield "value not returned", node, "return None"
    if isinstance(node, ast.ExceptHandler):
        caught = " ".join(["except", *([] if node.type is None else [source.text(node.type)])])
        yield "handler dropped", node, f"{caught}:\n{_indent(node)}    raise"
    for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
        if isinstance(body, list):
            for first, second in pairwise(body):
                simple = isinstance(first, DROPPED) and isinstance(second, DROPPED) and not _is_docstring(first)
                if simple and any(isinstance(part, ast.Await) for each in (first, second) for part in ast.walk(each)):
                    swapped = f"{source.text(second)}\n{_indent(first)}{source.text(first)}"
                    yield "statements swapped", (first, second), swapped


def calls(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Arguments that are forgotten or confused, and a link of a chain of calls that is forgotten."""
    if not isinstance(node, ast.Call):
        return
    function, own = source.text(node.func), [source.text(argument) for argument in node.args]
    named = [source.text(keyword) for keyword in node.keywords]
    for place, keyword in enumerate(node.keywords):
        if keyword.arg is not None and not is_documentation(keyword):
            yield "argument dropped", node, f"{function}({', '.join([*own, *named[:place], *named[place + 1 :]])})"
    for place, (first, second) in enumerate([] if function.rsplit(".", 1)[-1] in ORDERLESS else pairwise(own)):
        swapped = [*own[:place], second, first, *own[place + 2 :]]
        if first != second:
            yield "arguments swapped", node, f"{function}({', '.join([*swapped, *named])})"
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call | ast.Attribute | ast.Name):
        yield "call dropped", node, source.text(node.func.value)


def displays(source: Source, node: ast.AST) -> Iterator[Edit]:
    """An element that is missing from a list, and values of a dictionary that are confused."""
    if (
        isinstance(node, ast.List | ast.Tuple | ast.Set)
        and len(node.elts) > 1
        and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    ):
        left, right = BRACKETS[type(node)]
        for element in node.elts:
            rest = "".join(f"{source.text(each)}, " for each in node.elts if each is not element)
            yield "element dropped", node, f"{left}{rest}{right}"
    if isinstance(node, ast.Dict) and all(node.keys):
        for first, second in pairwise(node.values):
            yield "value of another key", first, source.text(second)
            yield "value of another key", second, source.text(first)


OPERATORS: tuple[Callable[[Source, ast.AST], Iterator[Edit]], ...] = (
    conditions,
    comparisons,
    constants,
    waiting,
    statements,
    calls,
    displays,
)


def is_documentation(keyword: ast.keyword) -> bool:
    """Whether an argument of a call changes nothing but what /docs shows."""
    return keyword.arg in DOCUMENTATION


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _indent(node: ast.stmt | ast.ExceptHandler) -> str:
    return " " * node.col_offset
