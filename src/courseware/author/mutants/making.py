"""Makes the mutants of a step: every operator, in every place that the step changes."""

import ast
from collections.abc import Iterator
from difflib import SequenceMatcher
from warnings import catch_warnings, simplefilter

from courseware.author.mutants.frameworks import Frameworks, names_in
from courseware.author.mutants.mutant import Edit, Mutant, Source
from courseware.author.mutants.syntax import OPERATORS, is_documentation
from courseware.base.tree import Tree, changed
from courseware.course import Course, Step
from courseware.course.stages import finish, start


def mutants_of(course: Course, step: Step) -> tuple[Mutant, ...]:
    """Every mistake that the operators make in the lines that the student writes in this step, each once.

    What the student is handed stays as it is: files, and lines of files that wait to be completed.
    """
    handed_out, after = start(course, step.number), finish(course, step.number)
    frameworks = Frameworks(names_in(after))
    edited = {path for task in step.tasks for path in task.edit}
    found: dict[tuple[str, bytes], Mutant] = {}
    for path in changed(handed_out, after):
        if path in edited and path.endswith(".py"):
            for mutant in mutants_in(path, after, frameworks, changed_lines(handed_out.get(path, b""), after[path])):
                found.setdefault((path, mutant.made_in(after)[path]), mutant)
    return tuple(found.values())


def changed_lines(before: bytes, after: bytes) -> set[int]:
    """The numbers of the lines of `after` that `before` does not have."""
    old, new = before.splitlines(), after.splitlines()
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return {number + 1 for tag, _, _, first, last in blocks if tag != "equal" for number in range(first, last)}


def mutants_in(path: str, tree: Tree, frameworks: Frameworks, lines: set[int]) -> Iterator[Mutant]:
    """What the operators make in these lines of one file, some of it twice."""
    source = Source(tree[path])
    skipped = _skipped(source.tree)
    for place, node in source.places():
        if node in skipped or lines.isdisjoint(source.lines(node)):
            continue
        for operator, part, text in _edits(source, node, frameworks):
            first, last = part if isinstance(part, tuple) else (part, part)
            if lines.isdisjoint(range(source.lines(first).start, source.lines(last).stop)):
                continue
            start, end = source.span(part)
            was = source.content[start:end].decode()
            mutant = Mutant(operator, path, place, source.lines(first).start, start, end, was, text)
            if text != was and _can_be_read(mutant.made_in(tree)[path]):
                yield mutant


def _edits(source: Source, node: ast.AST, frameworks: Frameworks) -> Iterator[Edit]:
    for operator in OPERATORS:
        yield from operator(source, node)
    yield from frameworks.edits(source, node)


def _skipped(tree: ast.Module) -> set[ast.AST]:
    """Parts that no operator changes: imports, docstrings, what is only documentation, and types of plain functions."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                skipped.update(ast.walk(node))
            case ast.keyword() if is_documentation(node):
                skipped.update(ast.walk(node))
            case ast.Subscript(slice=ast.Tuple() as arguments):  # of a type: `Annotated` has an operator of its own
                skipped.add(arguments)
            case ast.FunctionDef(returns=ast.expr() as kind) | ast.AsyncFunctionDef(returns=ast.expr() as kind):
                skipped.update(ast.walk(kind))
    return skipped


def _can_be_read(content: bytes) -> bool:
    with catch_warnings():
        simplefilter("ignore")  # what a compiler warns of can still be run
        try:
            compile(content, "mutant", "exec", dont_inherit=True)
        except SyntaxError:
            return False
    return True
