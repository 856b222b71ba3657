"""Mends the cells of a submitted notebook: a student may have deleted, copied, moved or edited any of them."""

import copy

from nbformat import NotebookNode


def mend(notebook: NotebookNode, official: NotebookNode) -> list[str]:
    """Puts back what nbgrader needs and would fail without; returns the ids of the cells that had been deleted.

    Afterwards every marked cell of the `official` notebook is there once, with its own marks, and no other cell bears
    any. Answers and cells of the student's own stay as they are.
    """
    marked = {cell.metadata.nbgrader.grade_id: cell for cell in official.cells if "nbgrader" in cell.metadata}
    found: dict[str, NotebookNode] = {}
    for place, cell in enumerate(notebook.cells):
        claimed = cell.metadata.pop("nbgrader", None)
        grade_id = claimed.get("grade_id") if isinstance(claimed, dict) else None
        if isinstance(grade_id, str) and grade_id in marked and grade_id not in found:
            notebook.cells[place] = found[grade_id] = _restored(cell, marked[grade_id])
    place = 0
    for grade_id, cell in marked.items():
        if grade_id in found:
            place = next(number for number, each in enumerate(notebook.cells) if each is found[grade_id]) + 1
        else:  # after the one that stands before it officially
            notebook.cells.insert(place, copy.deepcopy(cell))
            place += 1
    return [grade_id for grade_id in marked if grade_id not in found]


def _restored(cell: NotebookNode, official: NotebookNode) -> NotebookNode:
    """The cell with its marks, and as it was handed out unless it is for the student to write in."""
    if official.metadata.nbgrader.get("solution") and cell.cell_type == official.cell_type:
        cell.metadata["nbgrader"] = copy.deepcopy(official.metadata.nbgrader)
        return cell
    restored = copy.deepcopy(official)
    if official.metadata.nbgrader.get("solution"):
        restored.source = cell.source
    return restored
