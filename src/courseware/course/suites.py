"""The correct variants and the bugs of the application by which the tests of a student are judged."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import Field

from courseware.base.errors import UsageError
from courseware.base.models import FrozenModel
from courseware.base.tree import Tree, read_tree
from courseware.course.checks import BUGS, VARIANTS
from courseware.course.loader import parse, read_toml
from courseware.course.model import Course, Step
from courseware.course.stages import finish, start

VARIANT_FILE = "variant.toml"
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Bug(FrozenModel):
    """A bug: `find`, which occurs once in `file` of the variant, becomes `replace`.

    `id` is also the id of the check that demands a test for the bug, and `family` the subject that students read first.
    A test that executes the function `reached_in` (such as `find` or `Service.find`) reaches the bug.
    """

    id: Name
    family: str = Field(min_length=1)
    variant: Name
    file: str
    find: str = Field(min_length=1)
    replace: str
    reached_in: str = Field(min_length=1)
    why: str = Field(min_length=1)


class _Bugs(FrozenModel):
    bugs: tuple[Bug, ...] = Field(min_length=1)


class _VariantFile(FrozenModel):
    why: str = Field(min_length=1)


@dataclass(frozen=True)
class PlacedBug:
    """A bug, the task of its check, and whether students see that check."""

    bug: Bug
    task: str
    visible: bool


@dataclass(frozen=True)
class Faulty:
    """The applications against which a suite is run.

    Args:
        base: the application before the step, or after it in a step that judges an application too. It has no tests.
        variants: correct applications that differ from it in what the contract leaves open, by name.
        bugs: by id, in the order of tasks and files.
    """

    base: Tree
    variants: dict[str, Tree]
    bugs: dict[str, PlacedBug]

    def with_bug(self, bug: Bug) -> Tree:
        """The bug's variant with the bug. Raises UsageError unless `find` occurs exactly once."""
        tree = self.variants[bug.variant]
        text = tree.get(bug.file, b"").decode()
        if text.count(bug.find) != 1:
            raise UsageError(
                f"Bug {bug.id}: its `find` occurs {text.count(bug.find)} times in {bug.file} of the variant "
                f"{bug.variant}, not once."
            )
        return {**tree, bug.file: text.replace(bug.find, bug.replace).encode()}


def suite_of(tree: Tree, step: Step) -> dict[str, bytes]:
    """The files of a project that are the suite: those that `hands_in` or `suite` of the step names."""
    return {path: content for path, content in tree.items() if _matches(path, step.suite_patterns)}


def faulty_applications(course: Course, step: Step, *, hidden: bool) -> Faulty:
    """The variants and bugs of a step. Raises UsageError for everything that is wrong with one of them.

    Args:
        hidden: with the hidden bugs. Without them it is what students are handed.
    """
    base = correct_application(course, step)
    found = Faulty(base, _variants(step, base), _bugs(step, hidden=hidden))
    if not found.variants:
        raise UsageError(f"{step.checks_folder / VARIANTS}: add a correct variant, which the bugs are made from.")
    for placed in found.bugs.values():
        _require_right(found, placed.bug)
    return found


def correct_application(course: Course, step: Step) -> dict[str, bytes]:
    """The correct application that a suite is first run against, without any tests.

    In a step that judges tests alone, the student has it before them. In a step that judges an application too, the
    tests are about what the student builds, so it is the reference after the step.
    """
    tree = start(course, step.number) if step.judges_tests else finish(course, step.number)
    tests = (*step.suite_patterns, *step.lesson.hands_in)
    return {path: content for path, content in tree.items() if not _matches(path, tests)}


def functions_in(source: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The functions of a module with their qualified names, such as `Service.find` or `outer.inner`."""
    for node in ast.iter_child_nodes(source):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield f"{prefix}{name}", node
                yield from functions_in(node, f"{prefix}{name}.")
            case ast.ClassDef(name=name):
                yield from functions_in(node, f"{prefix}{name}.")
            case _:
                yield from functions_in(node, prefix)


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _variants(step: Step, base: Tree) -> dict[str, Tree]:
    variants: dict[str, Tree] = {}
    for folder in sorted((step.checks_folder / VARIANTS).glob("*/")):
        parse(_VariantFile, read_toml(folder / VARIANT_FILE), folder / VARIANT_FILE)
        own = {path: content for path, content in read_tree(folder).items() if path != VARIANT_FILE}
        if unknown := own.keys() - base.keys():
            raise UsageError(f"{folder / min(unknown)}: the application has no such file. A variant replaces files.")
        for path in own:
            _parsed(own[path], folder / path)
        variants[folder.name] = {**base, **own}
    return variants


def _bugs(step: Step, *, hidden: bool) -> dict[str, PlacedBug]:
    files = {f"task_{task.id.partition('.')[2]}.toml": task.id for task in step.tasks}
    places = [(step.checks_folder, True), *([(step.hidden_checks_folder, False)] if hidden else [])]
    found: list[PlacedBug] = []
    for folder, visible in places:
        paths = set((folder / BUGS).glob("*.toml"))
        if unknown := {path for path in paths if path.name not in files}:
            raise UsageError(f"{min(unknown)} belongs to no task of step {step.number}. Name it like task_1.toml.")
        for path in sorted(paths, key=lambda path: list(files).index(path.name)):
            bugs = parse(_Bugs, read_toml(path), path).bugs
            found += [PlacedBug(bug, files[path.name], visible) for bug in bugs]
    for identifier, count in Counter(placed.bug.id for placed in found).items():
        if count > 1:
            raise UsageError(f"{step.checks_folder}: {count} bugs are called {identifier}.")
    return {placed.bug.id: placed for placed in found}


def _require_right(applications: Faulty, bug: Bug) -> None:
    if bug.variant not in applications.variants:
        raise UsageError(f"Bug {bug.id}: there is no variant {bug.variant}.")
    place = Path(bug.variant, bug.file)
    for tree in (applications.with_bug(bug), *applications.variants.values(), applications.base):
        names = [name for name, _ in functions_in(_parsed(tree[bug.file], place))]
        if names.count(bug.reached_in) != 1:
            raise UsageError(
                f"Bug {bug.id}: {bug.file} has {names.count(bug.reached_in)} functions {bug.reached_in}, not one. "
                "Every variant must have it."
            )


def _parsed(source: bytes, place: Path) -> ast.Module:
    """The module. A file that is no Python has no functions."""
    if place.suffix != ".py":
        return ast.Module(body=[], type_ignores=[])
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{place}: it is no Python: {error}") from error
