"""What must hold of the course's files by themselves, without running anything."""

import ast
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase

from courseware.author.leaks import Secrets, hidden_texts, windows_of
from courseware.author.mistakes import mistakes_of
from courseware.base.errors import UsageError
from courseware.base.tree import Tree, changed, read_tree
from courseware.checking.check import CheckEntry
from courseware.course import Course, Step
from courseware.course.stages import finish, start
from courseware.judging.judgement import catalogue
from courseware.services.registry import require_known


def faults(course: Course, steps: tuple[Step, ...]) -> Iterator[str]:
    """Every fault in the files of these steps, in words."""
    try:
        require_known(course.application.services)
    except UsageError as error:
        yield str(error)
    entries = {step.number: catalogue(course, step, hidden=True) for step in course.steps}
    for identifier, count in Counter(entry.id for found in entries.values() for entry in found).items():
        if count > 1:
            yield f"{count} checks are called {identifier}."
    for stage in course.stages:
        yield from _untrue_lists(stage, finish(course, stage.number - 1), finish(course, stage.number))
    for step in steps:
        before, after = finish(course, step.number - 1), finish(course, step.number)
        handed_out, new = start(course, step.number), changed(before, after)
        yield from _wrong_points(step, entries[step.number])
        yield from _checks_without_mistake(step, entries[step.number])
        yield from _wrongly_given(step, after, new)
        yield from _changed_outlines(step, handed_out, after)
        yield from _leaks(step, entries[step.number], handed_out, new)


def _untrue_lists(step: Step, before: Tree, after: Tree) -> Iterator[str]:
    adds = {path for path in after if path not in before}
    changes = {path for path in after if path in before and before[path] != after[path]}
    for name, told, true in (("adds", step.lesson.adds, adds), ("changes", step.lesson.changes, changes)):
        for pattern in told:
            if not any(fnmatchcase(path, pattern) for path in true):
                yield f"Step {step.number}: {pattern} is wrongly in `{name}`."
        for path in sorted(true):
            if not any(fnmatchcase(path, pattern) for pattern in told):
                yield f"Step {step.number}: {path} is missing from `{name}`."
    for path in sorted(set(before) - set(after)):
        yield f"Step {step.number} takes {path} away."


def _wrongly_given(step: Step, after: Tree, new: Tree) -> Iterator[str]:
    starter = read_tree(step.starter_folder)
    for path in step.lesson.given:
        if path in starter or path not in new:
            yield f"Step {step.number}: {path} is wrongly in `given`."
    for path, content in starter.items():
        if after.get(path) == content:
            yield f"Step {step.number}: the starter's {path} is the reference's own. Delete it and name it in `given`."


def _wrong_points(step: Step, entries: tuple[CheckEntry, ...]) -> Iterator[str]:
    for task in step.tasks:
        total = sum(entry.points for entry in entries if entry.task == task.id)
        if total != task.points:
            yield f"Task {task.id} is worth {task.points} points, but its checks make {total:g}."


def _checks_without_mistake(step: Step, entries: tuple[CheckEntry, ...]) -> Iterator[str]:
    named = {identifier for mistake in mistakes_of(step) for identifier in mistake.fails}
    for entry in entries:
        if entry.id not in named:
            yield f"No mistake fails the check {entry.id}."
    for identifier in sorted(named - {entry.id for entry in entries}):
        yield f"A mistake names the check {identifier}, which does not exist."


def _changed_outlines(step: Step, handed_out: Tree, after: Tree) -> Iterator[str]:
    """What the solution has in public names, signatures and docstrings, the starter must have too."""
    for path in read_tree(step.starter_folder):
        if path not in after:
            yield f"Step {step.number}: the starter has {path}, the reference does not."
        elif path.endswith(".py"):
            starter, solution = outline(handed_out[path]), outline(after[path])
            for name in sorted(set(starter) & set(solution)):
                if starter[name] != solution[name]:
                    yield f"{path}: the starter's {name} differs from the solution's in signature or docstring."
            for name in sorted(set(starter) ^ set(solution)):
                yield f"{path}: {name} is only in the {'starter' if name in starter else 'solution'}."


def outline(source: bytes) -> dict[str, str]:
    """The public names of a module: qualified name -> signature and docstring, or that it is a value."""
    found: dict[str, str] = {"": ast.get_docstring(ast.parse(source)) or ""}

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                returns = ast.unparse(node.returns) if node.returns else ""
                kind = type(node).__name__
                signature = f"{kind} ({ast.unparse(node.args)}) -> {returns}"
                found[prefix + node.name] = f"{signature}\n{ast.get_docstring(node)}"
            elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[prefix + node.name] = f"class\n{ast.get_docstring(node)}"
                visit(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.Assign | ast.AnnAssign) and not prefix:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [target.id for target in targets if isinstance(target, ast.Name)]
                found.update({name: "value" for name in names if not name.startswith("_")})

    visit(ast.parse(source).body, "")
    return found


def _leaks(step: Step, entries: tuple[CheckEntry, ...], handed_out: Tree, new: Tree) -> Iterator[str]:
    """Runs of lines of the solution, and hidden checks by name or sentence, that stand in something released."""
    solution = windows_of(new) - windows_of(handed_out)
    secrets = Secrets(frozenset(solution), frozenset(hidden_texts(entries)))
    visible = {file.name: file.read_bytes() for file in step.checks_folder.glob("*.py")}
    lesson = {f"lessons/{path}": content for path, content in read_tree(step.lesson_folder).items()}
    notebook = {step.notebook.name: step.notebook.read_bytes()}
    for path, content in {**visible, **lesson, **handed_out, **notebook}.items():
        given_away = secrets.first_in(path, content)
        if given_away is not None:
            yield f"Step {step.number}: {path} gives away: {given_away}"
