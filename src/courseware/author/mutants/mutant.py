"""A mistake that an operator makes in one place of a file."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from courseware.base.tree import Tree

Part = ast.AST | tuple[ast.AST, ast.AST]
"""A part of a syntax tree, or what stands from one part to another."""
Edit = tuple[str, Part, str]
"""An operator's name, the part that it replaces, and the source text that comes in its place."""


@dataclass(frozen=True)
class Mutant:
    """The reference with the bytes from `start` to `end` of one file replaced.

    Args:
        operator: the name of the operator that made it.
        path: the file, relative to the application.
        place: the function or class in which the change stands, such as `Contact.update`; empty at the top of the file.
        line: the number of the first changed line, from 1 on.
        before: the text that is replaced.
        after: the text that takes its place.
    """

    operator: str
    path: str
    place: str
    line: int
    start: int
    end: int
    before: str
    after: str

    def made_in(self, reference: Tree) -> dict[str, bytes]:
        """The reference with this mistake in it."""
        content = reference[self.path]
        changed = content[: self.start] + self.after.encode() + content[self.end :]
        return {**reference, self.path: changed}

    def __str__(self) -> str:
        before, after = (" ".join(text.split()) for text in (self.before, self.after))
        return f"{self.path}:{self.line} {self.place or 'module'}: {self.operator}: {before} -> {after}"


class Source:
    """A module as text and as a syntax tree, in which parts are found by their bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.tree = ast.parse(content)
        self._begins = [0]
        for line in content.splitlines(keepends=True):
            self._begins.append(self._begins[-1] + len(line))

    def span(self, node: Part) -> tuple[int, int]:
        """The first byte of a part and the one behind it, with the decorators of a function or class."""
        if isinstance(node, tuple):
            return self.span(node[0])[0], self.span(node[1])[1]
        first: ast.AST = min([node, *getattr(node, "decorator_list", [])], key=lambda each: each.lineno)
        start = self._begins[first.lineno - 1] + first.col_offset  # type: ignore[attr-defined]
        if first is not node:
            start = self.content.rindex(b"@", 0, start)
        return start, self._begins[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def text(self, node: ast.AST) -> str:
        """The source text of a part."""
        start, end = self.span(node)
        return self.content[start:end].decode()

    def lines(self, node: ast.AST) -> range:
        """The numbers of the lines on which a part stands."""
        return range(node.lineno, node.end_lineno + 1)  # type: ignore[attr-defined]

    @property
    def top(self) -> list[ast.stmt]:
        """The statements of the module that stand in no function or class."""
        return self.tree.body

    def places(self) -> Iterator[tuple[str, ast.AST]]:
        """Every part of the module that has a place in the text, with the names of the definitions around it."""
        yield from _below(self.tree, "")


def _below(node: ast.AST, place: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        is_definition = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        inner = f"{place}.{child.name}".lstrip(".") if is_definition else place  # type: ignore[attr-defined]
        if hasattr(child, "lineno"):
            yield inner, child
        yield from _below(child, inner)
