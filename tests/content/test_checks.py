"""What must hold of the checks beside what `course verify` proves: their words, and that hidden ones stay hidden."""

import ast
import json
import shutil
import tomllib
from pathlib import Path

import pytest

from courseware.base.tree import read_tree
from courseware.checking.check import CheckEntry
from courseware.course import Course, check_files, load_course
from courseware.judging.judgement import catalogue, checks_version

COURSE = load_course(Path(__file__).parents[2])
STEPS = {step.number: step for step in COURSE.steps}
JUDGING = ("conftest.py", "hidden", "bugs", "variants")
"""What judges a step beside its files of checks: for these files, the step alone."""
SHORTEST_TELLTALE = 4
"""Characters. Shorter pieces of data, such as a slash, stand in other texts by chance."""


@pytest.fixture(scope="module", params=STEPS)
def number(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture(scope="module")
def entries(number: int) -> tuple[CheckEntry, ...]:
    return catalogue(COURSE, STEPS[number], hidden=True)


def test_sentences_and_hints_are_whole_sentences(entries: tuple[CheckEntry, ...]) -> None:
    texts = [text for entry in entries for text in (entry.sentence, *entry.hints)]
    assert [text for text in texts if not text.endswith((".", "?", "!"))] == []


def test_every_check_has_three_hints_of_its_own(entries: tuple[CheckEntry, ...]) -> None:
    hints = [hint for entry in entries for hint in entry.hints]
    assert len(hints) == 3 * len(entries)
    assert len(set(hints)) == len(hints)


def test_no_visible_check_needs_a_hidden_one(entries: tuple[CheckEntry, ...]) -> None:
    hidden = {entry.id for entry in entries if not entry.visible}
    assert [entry.id for entry in entries if entry.visible and hidden & set(entry.needs)] == []


def test_no_check_needs_one_of_a_later_task(entries: tuple[CheckEntry, ...]) -> None:
    task = {entry.id: entry.task for entry in entries}
    assert [(entry.id, need) for entry in entries for need in entry.needs if task[need] > entry.task] == []


def test_nothing_released_names_a_hidden_check(number: int, entries: tuple[CheckEntry, ...]) -> None:
    texts = released_texts(number)
    named = [(entry.id, place) for entry in entries if not entry.visible for place in texts if entry.id in texts[place]]
    assert entries
    assert named == []


def test_no_hint_holds_the_data_of_a_hidden_check(number: int, entries: tuple[CheckEntry, ...]) -> None:
    hidden = STEPS[number].hidden_checks_folder
    data = set().union(*map(data_in, hidden.glob("*.py")), *map(code_in, hidden.glob("bugs/*.toml")))
    visible = [file for file in check_files(COURSE, STEPS[number], hidden=False) if file.suffix == ".py"]
    data -= set().union(*map(data_in, visible))
    hints = [hint for entry in entries for hint in entry.hints]
    assert data
    assert [(text, hint) for text in data for hint in hints if text in hint] == []


def test_an_edited_file_makes_no_stored_verdict_of_another_step_stale(tmp_path: Path) -> None:
    """A check belongs to its step alone, a helper to its step and later ones, what stands beside them to all."""
    for folder in ("lessons", "checks"):
        shutil.copytree(COURSE.root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    course = load_course(tmp_path)
    before = versions(course)
    for step in course.steps:
        later = {number for number in STEPS if number >= step.number}
        for file in (each for each in step.checks_folder.rglob("*.*") if each.is_file()):
            place = file.relative_to(step.checks_folder)
            judges = place.parts[0] in JUDGING or (place.name.startswith("test_") and len(place.parts) == 1)
            helper = not judges and place.suffix == ".py" and len(place.parts) == 1
            assert edited(file, course, before) == (later if helper else {step.number} if judges else set()), file
    for file in tmp_path.glob("checks/*.py"):
        assert edited(file, course, before) == set(STEPS), file


@pytest.mark.parametrize("number", [1, 2])
def test_another_service_makes_stored_verdicts_of_this_step_and_later_ones_stale(tmp_path: Path, number: int) -> None:
    for folder in ("lessons", "checks"):
        shutil.copytree(COURSE.root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = versions(load_course(tmp_path))
    lesson = tmp_path / "lessons" / STEPS[number].slug / "lesson.toml"
    needs = json.dumps([*STEPS[number].lesson.needs, "redis"])
    kept = [line for line in lesson.read_text().splitlines() if not line.startswith("needs =")]
    lesson.write_text("\n".join([f"needs = {needs}", *kept]))
    after = versions(load_course(tmp_path))
    first = min(step.number for step in COURSE.stages if "redis" in step.lesson.needs)
    later = {each for each in STEPS if number <= each < first}  # the others have it anyway
    assert {each for each in before if before[each] != after[each]} == later


def edited(file: Path, course: Course, before: dict[int, str]) -> set[int]:
    """The steps whose submissions would be judged anew if this file were edited."""
    content = file.read_bytes()
    file.write_bytes(content + b"\n# Edited.\n")
    after = versions(course)
    file.write_bytes(content)
    return {number for number in before if before[number] != after[number]}


def versions(course: Course) -> dict[int, str]:
    """By step, the version of its checks: stored verdicts are kept under it."""
    return {step.number: checks_version(course, step, hidden=True) for step in course.steps}


def released_texts(number: int) -> dict[str, str]:
    """Everything about this step that students get to see, by where it stands."""
    step = STEPS[number]
    files = (*check_files(COURSE, step, hidden=False), step.notebook)
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    for folder in (step.lesson_folder, step.starter_folder):
        texts |= {path: content.decode() for path, content in read_tree(folder).items()}
    return texts


def code_in(file: Path) -> set[str]:
    """The lines of code that make the bugs in `file`, but for short ones."""
    bugs = tomllib.loads(file.read_text(encoding="utf-8"))["bugs"]
    lines = {line.strip() for bug in bugs for line in bug["replace"].splitlines()}
    return {line for line in lines if len(line) >= SHORTEST_TELLTALE}


def data_in(file: Path) -> set[str]:
    """The texts that the functions in `file` send or compare, but for single English words, which may stand anywhere.

    Neither docstrings nor the arguments of decorators belong to them.
    """
    functions = [node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.FunctionDef)]
    texts = {
        node.value
        for function in functions
        for statement in function.body
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Constant)
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if len(text) >= SHORTEST_TELLTALE and not (text.isascii() and text.isidentifier())}
