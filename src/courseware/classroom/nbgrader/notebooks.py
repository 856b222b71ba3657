"""The notebook of a submission: recognised by its cells under any name, and read without its outputs."""

import codecs
import json
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from courseware.judging.intake import IntakeLimits
from courseware.judging.intake.collecting import quoted

# The longer marks first: that of UTF-32 begins like that of UTF-16.
ENCODINGS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
LARGEST_WITHOUT_OUTPUTS = IntakeLimits().file
NONE = "No notebook was handed in."
DAMAGED = "The notebook that was handed in cannot be read: it is damaged."
TOO_LARGE = "The notebook that was handed in is too large, even without its outputs."


@dataclass(frozen=True)
class Found:
    """The notebook of a step, as far as there is one.

    Args:
        content: a notebook that nbgrader can read; empty where there is none.
        fault: why there is none, or what is strange about it, as a sentence for its author.
    """

    content: bytes = b""
    fault: str = ""


def choose(name: str, notebooks: Mapping[str, bytes], official: bytes) -> Found:
    """Which of a submission's notebooks is the step's, in a form that nbgrader can read.

    It is the one of the right name that lies highest. Where that is missing or cannot be used, it is another one, if
    that is the only one with cells of the `official` notebook.
    """
    right = sorted((path for path in notebooks if PurePosixPath(path).name == name), key=lambda path: path.count("/"))
    found = read(notebooks[right[0]]) if right else Found(fault=NONE)
    handed_out = _answers(official)
    if found.content and (deleted := _deleted(found.content, official)):
        return replace(found, fault=f"A cell for an answer was deleted: {', '.join(deleted)}.")
    if found.content and _answers(found.content) != handed_out:
        return found
    others = {path: read(content).content for path, content in notebooks.items() if path not in right[:1]}
    ours = {path: content for path, content in others.items() if content and _has_cells_of(content, official)}
    if found.content:
        return replace(found, fault=_answered_elsewhere(ours, handed_out))
    if len(set(ours.values())) == 1:
        return Found(next(iter(ours.values())))
    if ours:
        return Found(fault=f"Several notebooks with cells of this step were handed in: {_listed(ours)}.")
    if not right and notebooks:
        return Found(fault=f"{NONE} These have no cells of this step that can be read: {_listed(notebooks)}.")
    return found


def _answered_elsewhere(notebooks: Mapping[str, bytes], handed_out: Mapping[str, str]) -> str:
    """What to say where the step's own notebook has no answer in words, but others may have some."""
    answered = [path for path, content in notebooks.items() if _answers(content) != handed_out]
    return f"The answers in words are in another notebook: {_listed(answered)}." if answered else ""


def _listed(paths: Iterable[str]) -> str:
    return ", ".join(map(quoted, paths))


def read(content: bytes) -> Found:
    """A notebook as it stands, if nbgrader can read it and it is not too large.

    Else the notebook without byte order mark and outputs: answers stand in the text of cells, and outputs can be large
    or damaged.
    """
    if len(content) <= LARGEST_WITHOUT_OUTPUTS and _is_readable(content):
        return Found(content)
    try:
        notebook = json.loads(_decoded(content))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        stripped = json.dumps(notebook, ensure_ascii=False, indent=1).encode()
    except (ValueError, RecursionError, LookupError, TypeError):
        return Found(fault=DAMAGED)
    if len(stripped) > LARGEST_WITHOUT_OUTPUTS:
        return Found(fault=TOO_LARGE)
    return Found(stripped) if _is_readable(stripped) else Found(fault=DAMAGED)


def _decoded(content: bytes) -> str:
    encoding = next((name for mark, name in ENCODINGS.items() if content.startswith(mark)), "utf-8")
    return content.decode(encoding)


def _is_readable(content: bytes) -> bool:
    """Whether nbgrader can read the notebook."""
    import nbformat  # takes more than a second, which commands that only read submissions can do without

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nbformat.validate(nbformat.reads(content.decode(), as_version=4))  # type: ignore[no-untyped-call]
    except Exception:  # whatever a student may have written into it
        return False
    return True


def _has_cells_of(content: bytes, official: bytes) -> bool:
    """Whether a cell of the notebook is one of the graded cells of the official one."""
    names = _names(content)
    return any(_mark(cell)["grade_id"] in names for cell in _cells(official) if _mark(cell))


def _deleted(content: bytes, official: bytes) -> list[str]:
    """The ids of the cells for answers in the official notebook that this one does not have."""
    names = _names(content)
    return [name for name in _answers(official) if name not in names]


def _names(content: bytes) -> set[str]:
    """The names of all cells: nbgrader's id and the cell's own, which is equal to it and is left where that is lost."""
    return {name for cell in _cells(content) for name in (_mark(cell).get("grade_id"), cell.get("id")) if name}


def _answers(content: bytes) -> dict[str, str]:
    """The text of every cell that a student answers in, by nbgrader's id."""
    answered = {_mark(cell).get("grade_id"): cell for cell in _cells(content) if is_answered_in_words(_mark(cell))}
    return {str(name): "".join(cell["source"]) for name, cell in answered.items()}


def _cells(content: bytes) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(content).get("cells", [])
    return cells


def _mark(cell: Mapping[str, Any]) -> dict[str, Any]:
    """What nbgrader notes in a cell; nothing where it is none of nbgrader's."""
    mark = cell["metadata"].get("nbgrader")
    return mark if isinstance(mark, dict) and isinstance(mark.get("grade_id"), str) else {}


def is_answered_in_words(mark: Mapping[str, Any]) -> bool:
    """Whether a person grades the answer in a cell that nbgrader has noted this of."""
    return bool((mark.get("grade") and mark.get("solution")) or mark.get("task"))


def stand_in(official: bytes, fault: str) -> bytes:
    """The step's notebook as it was released, under a sentence that says why it is here."""
    notebook = json.loads(official)
    sentence = f"**{fault}** This is an untouched one, without answers in words. The files were judged as they are."
    notebook["cells"].insert(0, {"cell_type": "markdown", "id": "stand_in", "metadata": {}, "source": [sentence]})
    return json.dumps(notebook, indent=1).encode()


def has_questions(official: bytes) -> bool:
    """Whether a person grades answers in this notebook."""
    return bool(_answers(official))
