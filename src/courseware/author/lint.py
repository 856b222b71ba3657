"""What must hold of the course's files by themselves, without running anything."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path

from courseware.author.leaks import Secrets, hidden_texts, windows_of
from courseware.author.mistakes import Mistake, WrongProject, mistakes_by_task, wrong_projects_of
from courseware.base.errors import UsageError
from courseware.base.tree import Tree, changed, read_tree
from courseware.checking.check import CheckEntry
from courseware.course import Course, Step, check_files, importable_modules, shared_modules
from courseware.course.stages import finish, start
from courseware.course.suites import faulty_applications, functions_in, suite_of
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
    yield from _wrong_imports(course)
    stages = [finish(course, number) for number in course.stage_numbers]
    for step, (before, after) in zip(course.stages, pairwise(stages), strict=True):
        yield from _wrongly_added(step, before, after)
    yield from _useless_copies(course, stages)
    for step in steps:
        before, after = finish(course, step.number - 1), finish(course, step.number)
        handed_out, new = start(course, step.number), changed(before, after)
        yield from _wrong_ids(step)
        yield from _wrong_bugs(course, step, entries[step.number])
        yield from _wrong_points(step, entries[step.number])
        yield from _checks_without_mistake(step, entries[step.number])
        yield from _wrongly_given(step, after, new)
        yield from _changed_outlines(step, handed_out, after)
        yield from _leaks(course, step, entries[step.number], handed_out, new)


def _wrongly_added(step: Step, before: Tree, after: Tree) -> Iterator[str]:
    """Entries of `adds` that add nothing. (A file that no entry adds is in every stage, the base included.)"""
    new = after.keys() - before.keys()
    for pattern in step.lesson.adds:
        if not any(fnmatchcase(path, pattern) for path in new):
            yield f"Step {step.number}: {pattern} is wrongly in `adds`: the step adds no such file."


def _useless_copies(course: Course, stages: Sequence[Tree]) -> Iterator[str]:
    """Superseded copies that no stage takes, or that the next stage has unchanged."""
    numbered = list(zip(course.stage_numbers, stages, strict=True))
    folders = {course.superseded_folder(before[0]): (before, after) for before, after in pairwise(numbered)}
    for folder in sorted(course.superseded_folder(0).parent.glob("*/")):
        place = folder.relative_to(course.root).as_posix()
        if folder not in folders:
            yield f"{place}: no later step can change what is in it. Delete it."
            continue
        (number, tree), (later, later_tree) = folders[folder]
        for path, content in read_tree(folder).items():
            if path not in tree:
                yield f"{place}/{path}: the application has no such file after step {number}. Delete it."
            elif later_tree.get(path) == content:  # a later step may also delete the file
                yield f"{place}/{path}: step {later} leaves it as it is. Delete it."


def _wrong_imports(course: Course) -> Iterator[str]:
    """Imports of what a check may not use: a verdict would outlive a change of it."""
    files: list[tuple[Path, set[str]]] = [(path, set()) for path in shared_modules(course)]
    for step in course.steps:
        allowed = {f"{path.parent.name}.{path.stem}" for path in importable_modules(course, step)}
        own = (*step.checks_folder.glob("*.py"), *step.hidden_checks_folder.glob("*.py"))
        files += [(path, allowed) for path in own]
    folders = {step.slug for step in course.stages}
    for path, allowed in files:
        for module in sorted(_imported(path) - allowed):
            if module.partition(".")[0] in folders:
                place = path.relative_to(course.root).as_posix()
                yield f"{place} imports {module}. Import shared modules, the step's own helpers or earlier ones."


def _imported(path: Path) -> set[str]:
    """The modules that a file imports by their full names; of `from package import module` both together."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} if "." in node.module else {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _wrongly_given(step: Step, after: Tree, new: Tree) -> Iterator[str]:
    starter = read_tree(step.starter_folder)
    for path in step.lesson.given:
        if path in starter or path not in new:
            yield f"Step {step.number}: {path} is wrongly in `given`."
    for path, content in starter.items():
        if after.get(path) == content:
            yield f"Step {step.number}: the starter's {path} is the reference's own. Delete it and name it in `given`."


def _wrong_ids(step: Step) -> Iterator[str]:
    """Tasks and questions whose id does not begin with the step's number, by which a check cell finds the step."""
    for identifier in [*(task.id for task in step.tasks), *(question.id for question in step.lesson.questions)]:
        if not identifier.startswith(f"{step.number}."):
            yield f"{identifier} is in step {step.number}. Give it an id that begins with {step.number}."


def _wrong_points(step: Step, entries: tuple[CheckEntry, ...]) -> Iterator[str]:
    for task in step.tasks:
        total = sum(entry.points for entry in entries if entry.task == task.id)
        if total != task.points:
            yield f"Task {task.id} is worth {task.points} points, but its checks make {total:g}."


def _wrong_bugs(course: Course, step: Step, entries: tuple[CheckEntry, ...]) -> Iterator[str]:
    """Wrong variants and bugs, bugs without a check, and checks that demand a test for a bug that there is not."""
    if not step.suite_patterns:
        return
    try:
        bugs = faulty_applications(course, step, hidden=True).bugs
    except UsageError as error:
        yield str(error)
        return
    checks = {entry.id: entry for entry in entries}
    for identifier, placed in bugs.items():
        check = checks.get(identifier)
        if check is None:
            yield f"No check is called {identifier}, as a bug of task {placed.task} is."
        elif (check.task, check.visible) != (placed.task, placed.visible):
            yield f"The bug {identifier} and its check differ in task, or only one of them is hidden."
    for path in (*step.checks_folder.glob("test_*.py"), *step.hidden_checks_folder.glob("test_*.py")):
        for identifier in sorted(_demanding_a_catch(path) - bugs.keys()):
            yield f"The check {identifier} calls must_catch(), but no bug has this id."


def _demanding_a_catch(path: Path) -> set[str]:
    """The ids of the checks in a file that call `suite.must_catch()`."""
    return {
        name.removeprefix("test_")
        for name, function in functions_in(ast.parse(path.read_bytes()))
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr == "must_catch"
    }


def _checks_without_mistake(step: Step, entries: tuple[CheckEntry, ...]) -> Iterator[str]:
    tasks = {entry.id: entry.task for entry in entries}
    mistakes = [(task, mistake) for task, these in mistakes_by_task(step).items() for mistake in these]
    everything: list[Mistake | WrongProject] = [*(mistake for _, mistake in mistakes), *wrong_projects_of(step)]
    named = {identifier for mistake in everything for identifier in mistake.fails}
    allowed = {identifier for mistake in everything for identifier in mistake.may_fail}
    for identifier in tasks:
        if identifier not in named:
            yield f"No mistake fails the check {identifier}."
    for identifier in sorted((named | allowed) - set(tasks)):
        yield f"A mistake names the check {identifier}, which does not exist."
    visible = {entry.id for entry in entries if entry.visible}
    for known in everything:
        if visible.isdisjoint(known.fails):
            yield f"Mistake {known.id} fails hidden checks alone. Make its demand in a visible check too."
    for task, mistake in mistakes:
        belongs = tasks.get(next(iter(mistake.fails)), task)
        if belongs != task:
            yield f"Mistake {mistake.id} stands with task {task}. Its first check is of task {belongs}: move it there."


def _changed_outlines(step: Step, handed_out: Tree, after: Tree) -> Iterator[str]:
    """What the solution has in public names, signatures and docstrings, the starter must have too.

    Not so where tests are judged: a student chooses the names of the tests.
    """
    own_work = suite_of(after, step)
    for path in sorted(read_tree(step.starter_folder).keys() - own_work.keys()):
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


def _leaks(course: Course, step: Step, entries: tuple[CheckEntry, ...], handed_out: Tree, new: Tree) -> Iterator[str]:
    """Runs of lines of the solution, and hidden checks by name or sentence, that stand in something released."""
    solution = windows_of(new) - windows_of(handed_out)
    secrets = Secrets(frozenset(solution), frozenset(hidden_texts(entries)))
    files = check_files(course, step, hidden=False)
    visible = {file.relative_to(course.root).as_posix(): file.read_bytes() for file in files}
    lesson = {f"lessons/{path}": content for path, content in read_tree(step.lesson_folder).items()}
    notebook = {step.notebook.name: step.notebook.read_bytes()}
    for path, content in {**visible, **lesson, **handed_out, **notebook}.items():
        given_away = secrets.first_in(path, content)
        if given_away is not None:
            yield f"Step {step.number}: {path} gives away: {given_away}"
