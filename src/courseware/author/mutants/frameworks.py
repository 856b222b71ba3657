"""Operators on the frameworks of this course: FastAPI, Pydantic and SQLAlchemy, and what is confused in using them."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from courseware.author.mutants.mutant import Edit, Source
from courseware.base.tree import Tree

CLAUSES = ("where", "order_by", "filter", "filter_by", "or_", "and_", "UniqueConstraint", "values", "returning")
"""Calls whose positional arguments can be forgotten one by one."""
OTHER_STATUS = {"OK": "ACCEPTED"}
"""By the name of a status in `http.HTTPStatus`; every other one becomes OK."""


@dataclass
class Names:
    """What the whole application defines that can be confused with something like it.

    Args:
        members: of each enumeration its members.
        dependencies: by the type that they give, the names of `Annotated[type, Depends(...)]` with their modules.
    """

    members: dict[str, list[str]] = field(default_factory=dict)
    dependencies: dict[str, dict[str, str]] = field(default_factory=dict)


def names_in(tree: Tree) -> Names:
    """What the modules of an application define."""
    found = Names()
    for path, content in tree.items():
        if path.endswith(".py"):
            module = path.removesuffix(".py").replace("/", ".")
            for node in ast.parse(content).body:
                _note(node, module, found)
    return found


def _note(node: ast.stmt, module: str, found: Names) -> None:
    if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Enum") for base in node.bases):
        found.members[node.name] = [
            target.id
            for statement in node.body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        ]
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _is_dependency(node.value):
        assert isinstance(node.value, ast.Subscript)
        assert isinstance(node.value.slice, ast.Tuple)
        given = ast.unparse(node.value.slice.elts[0])
        found.dependencies.setdefault(given, {})[node.targets[0].id] = module


def _is_dependency(node: ast.expr) -> bool:
    if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple)):
        return False
    return any(isinstance(each, ast.Call) and ast.unparse(each.func) == "Depends" for each in node.slice.elts)


class Frameworks:
    """The operators, which know what the whole application defines."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def edits(self, source: Source, node: ast.AST) -> Iterator[Edit]:
        """What each operator makes of one part."""
        yield from clauses(source, node)
        yield from statuses(node)
        yield from self._members(node)
        yield from routes(source, node)
        yield from self._dependencies(node)
        yield from fields(source, node)
        yield from annotations(source, node)

    def _members(self, node: ast.AST) -> Iterator[Edit]:
        """A member of an enumeration in the place of another, such as the wrong purpose of a token."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            members = self._names.members.get(node.value.id, [])
            if node.attr in members:
                for other in members:
                    if other != node.attr:
                        yield "member swapped", node, f"{node.value.id}.{other}"

    def _dependencies(self, node: ast.AST) -> Iterator[Edit]:
        """Another dependency that gives a value of the same type, such as a user of whom less is demanded."""
        if isinstance(node, ast.arg) and isinstance(node.annotation, ast.Name):
            for alike in self._names.dependencies.values():
                if node.annotation.id in alike:
                    for other, module in alike.items():
                        if other != node.annotation.id:
                            found = f'__import__("{module}", fromlist=["{other}"]).{other}'
                            yield "dependency swapped", node.annotation, found


def clauses(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A condition or a column that is missing from a statement, and an order the other way round."""
    if not isinstance(node, ast.Call):
        return
    name = ast.unparse(node.func).rsplit(".", 1)[-1]
    own = [source.text(argument) for argument in node.args]
    if name in CLAUSES and len(own) > 1:
        rest = [source.text(keyword) for keyword in node.keywords]
        for place in range(len(own)):
            kept = [*own[:place], *own[place + 1 :], *rest]
            yield "part of a clause dropped", node, f"{source.text(node.func)}({', '.join(kept)})"
    if name == "order_by":
        for argument in node.args:
            yield "order reversed", argument, f"{source.text(argument)}.desc()"


def statuses(node: ast.AST) -> Iterator[Edit]:
    """Another status."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "HTTPStatus":
        yield "status changed", node, f"HTTPStatus.{OTHER_STATUS.get(node.attr, 'OK')}"


def routes(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A route that is not registered, and an answer that no model describes."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list:
        start = min(decorator.lineno for decorator in node.decorator_list)
        whole = source.text(node)
        lines = whole.splitlines(keepends=True)
        yield "decorator dropped", node, "".join(lines[node.lineno - start :]).lstrip()
        described = any("response_model" in source.text(decorator) for decorator in node.decorator_list)
        if node.returns is not None and source.text(node.returns) != "None" and not described:
            yield "model of the answer dropped", node.returns, "object"


def fields(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A field of a model that is missing, renamed, optional, nullable, or demanded."""
    if not isinstance(node, ast.ClassDef):
        return
    own = [each for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)]
    if own and len(node.bases) == 1 and _is_schema(own) and source.text(node.bases[0]) != "BaseModel":
        yield "unknown fields allowed", node.bases[0], '__import__("pydantic").BaseModel'
    for each in own:
        name, kind = source.text(each.target), source.text(each.annotation)
        yield "field dropped", each, "pass"
        if kind.startswith("Mapped[") or (each.value is not None and "mapped_column" in source.text(each.value)):
            is_nullable = "None" in kind
            other = kind.replace(" | None", "") if is_nullable else f"{kind[:-1]} | None]"
            yield "column made " + ("required" if is_nullable else "nullable"), each.annotation, other
            continue
        default = "" if each.value is None else f" = {source.text(each.value)}"
        yield "field renamed", each, f"{name}_: {kind}{default}"
        if "None" in kind:
            yield "field not nullable", each, f"{name}: {kind.replace(' | None', '')}{default}"
        else:
            yield "field nullable", each, f"{name}: {kind} | None{default}"
        if each.value is None:
            yield "field optional", each, f"{name}: {kind} | None = None"
        else:
            yield "field required", each, f"{name}: {kind}"


def _is_schema(fields: Sequence[ast.AnnAssign]) -> bool:
    return not any("Mapped" in ast.unparse(each.annotation) for each in fields)


def annotations(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A constraint or a validator that is missing from an annotated type."""
    if isinstance(node, ast.Subscript) and source.text(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
        first, *metadata = [source.text(each) for each in node.slice.elts]
        for place in range(len(metadata)):
            kept = ", ".join([first, *metadata[:place], *metadata[place + 1 :]])
            yield "constraint dropped", node, f"Annotated[{kept}]" if len(metadata) > 1 else first
