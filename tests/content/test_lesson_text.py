"""The lesson of step 1 names files that exist, and repeats nothing that stands in lesson.toml."""

import re
from pathlib import Path

import nbformat
import pytest

from courseware.course import Question, Task, load_course
from courseware.project_tree import finish, read_tree

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
STEP = COURSE.step(1)
LINK = re.compile(r"\]\((?P<target>[^)]+)\)")
FILE_NAME = re.compile(r"`(?P<path>(?:app|migrations|lesson|examples|tests)/[\w./]*)`")


def markdown_texts() -> dict[str, str]:
    """The lesson's text and the notebook's prose, by where it stands."""
    notebook = nbformat.read(STEP.notebook, as_version=4)  # type: ignore[no-untyped-call]
    prose = {f"notebook: {cell.id}": cell.source for cell in notebook.cells if cell.cell_type == "markdown"}
    return {"README.md": (STEP.lesson_folder / "README.md").read_text(encoding="utf-8"), **prose}


TEXTS = markdown_texts()


def workspace_files() -> set[str]:
    """Every file and folder as the student has them in their workspace, from the notebook on."""
    lesson = read_tree(STEP.lesson_folder)
    files = {Path(path) for path in (*finish(COURSE, 1), *(f"lesson/{path}" for path in lesson), *lesson)}
    return {path.as_posix() for file in files for path in (file, *file.parents)}


@pytest.mark.parametrize("place", TEXTS)
def test_every_file_that_the_text_names_is_in_the_workspace(place: str) -> None:
    named = {match["target"] for match in LINK.finditer(TEXTS[place]) if "://" not in match["target"]}
    named |= {match["path"].rstrip("/") for match in FILE_NAME.finditer(TEXTS[place])}
    assert named <= workspace_files()


@pytest.mark.parametrize("place", TEXTS)
def test_titles_minutes_and_points_stand_in_lesson_toml_alone(place: str) -> None:
    text = TEXTS[place].casefold()
    graded: tuple[Task | Question, ...] = (*STEP.tasks, *STEP.lesson.questions)
    assert [item.title for item in graded if item.title.casefold() in text] == []
    assert re.search(r"\b\d+ (points|minutes)\b", text) is None
