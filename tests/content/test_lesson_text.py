"""The lesson of each step names files that exist, and repeats nothing that stands in lesson.toml."""

import re
from pathlib import Path

import nbformat
import pytest

from courseware.base.tree import read_tree
from courseware.course import Question, Step, Task, load_course
from courseware.course.stages import finish, step_files

COURSE = load_course(Path(__file__).parents[2])
LINK = re.compile(r"\]\((?P<target>[^)]+)\)")
LINK_DEFINITION = re.compile(r"^\[[^]]+\]: (?P<target>\S+)$", re.MULTILINE)
FILE_NAME = re.compile(r"`(?P<path>(?:app|migrations|lesson|examples|tests)/[\w./]*)`")


def markdown_texts(step: Step) -> dict[str, str]:
    """The lesson's text and the notebook's prose, by where it stands."""
    notebook = nbformat.read(step.notebook, as_version=4)  # type: ignore[no-untyped-call]
    prose = {f"notebook: {cell.id}": cell.source for cell in notebook.cells if cell.cell_type == "markdown"}
    return {"README.md": (step.lesson_folder / "README.md").read_text(encoding="utf-8"), **prose}


TEXTS = {(step.number, place): text for step in COURSE.steps for place, text in markdown_texts(step).items()}


def workspace_files(number: int) -> set[str]:
    """Every file and folder as the student has them in their workspace, from the notebook on."""
    lesson = read_tree(COURSE.step(number).lesson_folder)
    files = {Path(path) for path in (*finish(COURSE, number), *(f"lesson/{path}" for path in lesson), *lesson)}
    return {path.as_posix() for file in files for path in (file, *file.parents)}


@pytest.mark.parametrize(("number", "place"), TEXTS)
def test_every_file_that_the_text_names_is_in_the_workspace(number: int, place: str) -> None:
    text = TEXTS[number, place]
    named = {match["target"] for match in LINK.finditer(text) if "://" not in match["target"]}
    named |= {match["path"].rstrip("/") for match in FILE_NAME.finditer(text)}
    assert named <= workspace_files(number)


@pytest.mark.parametrize("step", COURSE.steps, ids=lambda step: step.number)
def test_every_link_of_the_lesson_works_in_the_workspace(step: Step) -> None:
    files = step_files(COURSE, step)
    text = files["lesson/README.md"].decode()
    targets = {match["target"] for pattern in (LINK, LINK_DEFINITION) for match in pattern.finditer(text)}
    local = {target.partition("#") for target in targets if "://" not in target}
    assert {f"lesson/{path}" for path, *_ in local} <= files.keys()
    headings = re.findall(r"^#+ (.+)$", files["lesson/glossary.md"].decode(), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.casefold()).replace(" ", "-") for heading in headings}
    assert {anchor for path, _, anchor in local if path == "glossary.md"} <= anchors


@pytest.mark.parametrize(("number", "place"), TEXTS)
def test_titles_minutes_and_points_stand_in_lesson_toml_alone(number: int, place: str) -> None:
    text, step = TEXTS[number, place].casefold(), COURSE.step(number)
    graded: tuple[Task | Question, ...] = (*step.tasks, *step.lesson.questions)
    assert [item.title for item in graded if item.title.casefold() in text] == []
    assert re.search(r"\b\d+ (points|minutes)\b", text) is None
