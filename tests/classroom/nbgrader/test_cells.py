"""Whatever a student does to the cells of a notebook, nbgrader finds what it needs, and answers are kept."""

import copy
import random
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_raw_cell

from courseware.classroom.nbgrader.preprocessors import mend
from courseware.course import Course

MARKED = ["task_1_1", "task_1_2", "question_1_a"]


@pytest.fixture
def official(course: Course) -> NotebookNode:
    notebook: NotebookNode = nbformat.read(course.step(1).notebook, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def by_id(notebook: NotebookNode) -> dict[str, Any]:
    return {cell.id: cell for cell in notebook.cells}


def marks(notebook: NotebookNode) -> dict[str, Any]:
    """The marks of all cells that bear some, none twice."""
    found = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert len({mark.grade_id for mark in found}) == len(found)
    return {mark.grade_id: mark for mark in found}


def test_an_untouched_notebook_stays_as_it_is(official: NotebookNode) -> None:
    notebook = copy.deepcopy(official)
    assert mend(notebook, official) == []
    assert notebook == official


def test_an_answer_and_cells_of_one_s_own_are_kept(official: NotebookNode) -> None:
    notebook = copy.deepcopy(official)
    by_id(notebook)["question_1_a"].source = "Because."
    notebook.cells.insert(0, new_raw_cell("mine", id="own"))  # type: ignore[no-untyped-call]
    assert mend(notebook, official) == []
    assert by_id(notebook)["question_1_a"].source == "Because."
    assert by_id(notebook)["own"].source == "mine"


def test_an_answer_in_a_cell_of_another_type_is_kept(official: NotebookNode) -> None:
    notebook = copy.deepcopy(official)
    cell = by_id(notebook)["question_1_a"]
    cell |= {"cell_type": "code", "source": "Because.", "outputs": [], "execution_count": 3}
    mend(notebook, official)
    mended = by_id(notebook)["question_1_a"]
    assert (mended.cell_type, mended.source) == ("markdown", "Because.")
    assert "outputs" not in mended


def test_deleted_cells_come_back_where_they_were(official: NotebookNode) -> None:
    notebook = copy.deepcopy(official)
    notebook.cells = [cell for cell in notebook.cells if cell.id not in ("task_1_1", "question_1_a")]
    assert mend(notebook, official) == ["task_1_1", "question_1_a"]
    assert [cell.id for cell in notebook.cells if cell.id in MARKED] == MARKED


def test_all_of_them_come_back(official: NotebookNode) -> None:
    notebook = copy.deepcopy(official)
    notebook.cells = []
    assert mend(notebook, official) == MARKED
    assert [cell.id for cell in notebook.cells] == MARKED


@pytest.mark.parametrize("odd", ["odd", 7, [], {}, {"grade_id": []}, {"grade_id": "task_9_9", "grade": True}])
def test_odd_marks_are_taken_away(official: NotebookNode, odd: object) -> None:
    notebook = copy.deepcopy(official)
    by_id(notebook)["title"].metadata["nbgrader"] = odd
    mend(notebook, official)
    assert "nbgrader" not in by_id(notebook)["title"].metadata
    assert marks(notebook) == marks(official)


@pytest.mark.parametrize("seed", range(40))
def test_after_any_edits_every_marked_cell_is_there_once_with_its_own_marks(official: NotebookNode, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    notebook = copy.deepcopy(official)
    for _ in range(chance.randint(1, 12)):
        cells = notebook.cells
        number = chance.randrange(len(cells)) if cells else 0
        match chance.choice(["delete", "copy", "shuffle", "rename", "points", "swap", "source"]) if cells else "":
            case "delete":
                del cells[number]
            case "copy":
                cells.insert(chance.randrange(len(cells)), copy.deepcopy(cells[number]))
            case "shuffle":
                chance.shuffle(cells)
            case "rename":
                cells[number].metadata["nbgrader"] = {"grade_id": chance.choice([*MARKED, "x"]), "grade": True}
            case "points":
                cells[number].metadata["nbgrader"] = {"grade_id": chance.choice(MARKED), "points": "many"}
            case "swap":
                cells[number].cell_type = "raw"
            case "source":
                cells[number].source = "changed"
    own = [cell.source for cell in notebook.cells if "nbgrader" not in cell.metadata]
    mend(notebook, official)
    assert marks(notebook) == marks(official)
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader")
        if mark and not mark.solution:
            assert (cell.cell_type, cell.source) == ("code", by_id(official)[mark.grade_id].source)
    kept = [cell.source for cell in notebook.cells]
    assert all(kept.count(source) >= own.count(source) for source in own)
