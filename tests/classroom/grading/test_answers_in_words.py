"""Answers in words are never 0 points unseen: a notebook that cannot be used needs a person, who finds the original."""

import codecs
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from courseware.author import claims
from courseware.base.tree import Tree, read_tree
from courseware.classroom.nbgrader import CourseFolder
from courseware.classroom.nbgrader.writing import write_course_folder
from courseware.course import load_course

from ..nbgrader.conftest import ANSWER_CELL, Grade, grades
from .conftest import MINIATURE, Class, nbgrader
from .test_grade import said

pytestmark = pytest.mark.bubblewrap

SLUG = "step_1_greeting"
NOTEBOOK = f"{SLUG}.ipynb"
ANSWER = "Because nobody is called nothing."
QUESTION = "question_1_a"
Change = Callable[[dict[str, Any]], bytes]
MadeOnce = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture
def classroom(made_once: MadeOnce, tmp_path: Path) -> Class:
    """A class whose step asks a question in words."""
    made = made_once("released_with_question", release)
    shutil.copytree(made / "class", tmp_path / "class")
    return Class(CourseFolder(tmp_path / "class"))


def release(place: Path) -> None:
    shutil.copytree(MINIATURE, place / "course", ignore=shutil.ignore_patterns("workspace", "__pycache__"))
    path = place / "course" / "notebooks" / NOTEBOOK
    notebook = json.loads(path.read_text())
    notebook["cells"].append(ANSWER_CELL)
    path.write_text(json.dumps(notebook))
    write_course_folder(load_course(place / "course"), place / "class", course_id="greeter")
    nbgrader(place / "class", "generate_assignment", SLUG)


@pytest.fixture
def reference(classroom: Class) -> Tree:
    step = classroom.course.step(1)
    return next(claim.tree for claim in claims(classroom.course, (step,)) if claim.name == "finish(1)")


def released(classroom: Class) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads((classroom.folder.root / "release" / SLUG / NOTEBOOK).read_text())
    return notebook


def answered(classroom: Class) -> dict[str, Any]:
    """The released notebook with an answer in words."""
    notebook = released(classroom)
    next(cell for cell in notebook["cells"] if cell["id"] == QUESTION)["source"] = [ANSWER]
    return notebook


def with_outputs(notebook: dict[str, Any], size: int = 6_000_000) -> dict[str, Any]:
    code = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x" * size]}]
    return notebook


def plain(notebook: dict[str, Any]) -> bytes:
    return json.dumps(notebook).encode()


def graded(classroom: Class, student: str) -> Path:
    return classroom.folder.root / "autograded" / student / SLUG


def test_answers_are_found_in_any_notebook_that_can_be_read(classroom: Class, reference: Tree) -> None:
    notebook = answered(classroom)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path, content in {**reference, NOTEBOOK: plain(notebook)}.items():
            file.writestr(f"work/{path}", content)
    without_marks = json.loads(plain(notebook))
    for cell in without_marks["cells"]:
        cell["metadata"] = {}
    submissions: dict[str, Tree] = {
        "large": {NOTEBOOK: plain(with_outputs(answered(classroom)))},
        "marked": {NOTEBOOK: codecs.BOM_UTF8 + plain(notebook)},
        "wide": {NOTEBOOK: json.dumps(notebook).encode("utf-16")},
        "renamed": {f"{SLUG}-Copy1.ipynb": plain(notebook)},
        "downloaded": {f"{NOTEBOOK}.txt": plain(notebook)},
        "deeper": {f"my work/{NOTEBOOK}": plain(notebook)},
        "beside": {f"{NOTEBOOK}": b"{", "Untitled.ipynb": plain(notebook)},
        "without_marks": {"Colab.ipynb": plain(without_marks)},
    }
    for student, notebooks in submissions.items():
        classroom.hand_in(student, {**reference, **notebooks}, notebook=False)
    classroom.hand_in("packed", {"work.zip": packed.getvalue()}, notebook=False)

    done = classroom.run("grade", "--json")
    assert {told["points"] for told in said(done.stdout).values()} == {9}
    found = grades(classroom.folder)
    assert set(found) == {*submissions, "packed"}
    for student, cells in found.items():
        assert cells[QUESTION] == Grade(None, None, needs_look=True), student
        text = (graded(classroom, student) / NOTEBOOK).read_text()
        assert ANSWER in text, student
        assert len(text) < 1_000_000
    assert said(classroom.run("grade", "--json").stdout) == said(done.stdout)


def test_what_cannot_be_read_needs_a_person_who_finds_the_original(classroom: Class, reference: Tree) -> None:
    half = plain(answered(classroom))[:-10]
    other = answered(classroom)
    other["cells"][-1]["source"] = ["Another answer."]
    deleted = answered(classroom)
    deleted["cells"] = [cell for cell in deleted["cells"] if cell["id"] != QUESTION]
    submissions: dict[str, tuple[Tree, str]] = {
        "damaged": ({NOTEBOOK: half}, "it is damaged"),
        "empty": ({NOTEBOOK: b""}, "it is damaged"),
        "none": ({}, "No notebook was handed in."),
        "foreign": ({"diary.ipynb": b"{}"}, 'These have no cells of this step that can be read: "diary.ipynb".'),
        "two": ({"a.ipynb": plain(answered(classroom)), "b.ipynb": plain(other)}, 'handed in: "a.ipynb", "b.ipynb".'),
        "copy": ({NOTEBOOK: plain(released(classroom)), "Copy.ipynb": plain(other)}, 'another notebook: "Copy.ipynb".'),
        "deleted": ({NOTEBOOK: plain(deleted)}, "A cell for an answer was deleted: question_1_a."),
        "giant": ({NOTEBOOK: b"{" + b" " * 25_000_000}, "larger than 20 MiB"),
    }
    for student, (notebooks, _) in submissions.items():
        classroom.hand_in(student, {**reference, **notebooks}, notebook=False)
    first = said(classroom.run("grade", "--json", code=1).stdout)
    for student, (_, remark) in submissions.items():
        assert first[student]["points"] == 9
        assert remark in str(first[student]["remark"]), student
        assert grades(classroom.folder)[student][QUESTION] == Grade(None, None, needs_look=True), student
    # formgrader shows the files of this folder, and leaves out second notebooks.
    assert (graded(classroom, "damaged") / f"{NOTEBOOK}.txt").read_bytes() == half
    assert said(classroom.run("grade", "--json", code=1).stdout) == first
    assert remark_in_gradebook(classroom, "damaged").startswith("The notebook that was handed in cannot be read")

    # It needs no look any more when something better is handed in.
    for student in ("damaged", "none"):
        classroom.hand_in(student, {NOTEBOOK: plain(answered(classroom))}, notebook=False)
    again = said(classroom.run("grade", "--json", code=1).stdout)
    assert [again[student]["remark"] for student in ("damaged", "none")] == ["", ""]


def test_an_answer_in_another_cell_is_seen(classroom: Class, reference: Tree) -> None:
    notebook = released(classroom)
    notebook["cells"].append({"cell_type": "markdown", "id": "own", "metadata": {}, "source": [ANSWER]})
    classroom.hand_in("ada", {**reference, NOTEBOOK: plain(notebook)}, notebook=False)
    classroom.hand_in("bob", {**reference, NOTEBOOK: plain(released(classroom))}, notebook=False)
    classroom.run("grade")
    found = grades(classroom.folder)
    assert found["ada"][QUESTION] == Grade(None, None, needs_look=True)
    assert found["bob"][QUESTION] == Grade(0, None, needs_look=False)  # nothing was answered anywhere


def test_answers_in_archives_that_are_collected(classroom: Class, reference: Tree) -> None:
    archives = classroom.folder.root / "downloaded" / SLUG / "archive"
    archives.mkdir(parents=True)
    large = plain(with_outputs(answered(classroom)))
    submissions: dict[str, Tree] = {
        "large": {**reference, NOTEBOOK: large},
        "renamed": {f"work/{path}": content for path, content in {**reference, "copy.ipynb": large}.items()},
        "refused": {**reference, NOTEBOOK: plain(answered(classroom)), "film.bin": b"\0" * 5_000_000},
        "damaged": {**reference, NOTEBOOK: b"{"},
    }
    for student, tree in submissions.items():
        with zipfile.ZipFile(archives / f"{student}.zip", "w", zipfile.ZIP_DEFLATED) as file:
            for path, content in tree.items():
                file.writestr(path, content)
    nbgrader(classroom.folder.root, "zip_collect", SLUG)
    told = said(classroom.run("grade", "--json", code=1).stdout)
    assert [told[student]["points"] for student in submissions] == [9, 9, None, 9]
    assert '"film.bin" is larger than 4 MiB' in str(told["refused"]["remark"])
    assert "it is damaged" in str(told["damaged"]["remark"])
    found = grades(classroom.folder)
    for student in submissions:
        assert found[student][QUESTION] == Grade(None, None, needs_look=True), student
    for student in ("large", "renamed", "refused"):
        assert ANSWER in (graded(classroom, student) / NOTEBOOK).read_text(), student
    assert (graded(classroom, "damaged") / f"{NOTEBOOK}.txt").read_bytes() == b"{"
    assert read_tree(graded(classroom, "large"))  # and it is no refusal


def remark_in_gradebook(classroom: Class, student: str) -> str:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{classroom.folder.root / 'gradebook.db'}") as gradebook:
        comment: Any = gradebook.find_comment(QUESTION, SLUG, SLUG, student)
        return str(comment.auto_comment)
