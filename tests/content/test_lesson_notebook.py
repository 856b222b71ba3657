"""The notebook of each step is a sound notebook, agrees with lesson.toml, fits nbgrader and runs."""

import ast
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from courseware.course import Question, Step, Task, load_course

from ..expected import expected_in

STEPS = {step.number: step for step in load_course(Path(__file__).parents[2]).steps}


@pytest.fixture(params=STEPS)
def step(request: pytest.FixtureRequest) -> Step:
    return STEPS[request.param]


@pytest.fixture
def notebook(step: Step) -> NotebookNode:
    stored: NotebookNode = nbformat.read(step.notebook, as_version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
    return stored


@pytest.fixture
def own_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels that neither read nor change what the user has in their home."""
    folder = tmp_path / "jupyter"
    folder.mkdir()
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")


def grading(notebook: NotebookNode) -> list[dict[str, Any]]:
    """What the notebook tells nbgrader, of each graded cell in order."""
    return [dict(cell.metadata.nbgrader) for cell in notebook.cells if "nbgrader" in cell.metadata]


def checked_task(cell: NotebookNode) -> str | None:
    """The task that a check cell checks, or None for any other cell."""
    if cell.cell_type != "code" or not cell.source.startswith("check("):
        return None
    call = ast.parse(cell.source, mode="eval").body
    assert isinstance(call, ast.Call)
    return str(ast.literal_eval(call.args[0]))


def test_it_is_a_valid_notebook_of_format_4_5(notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"


def test_it_is_stored_without_outputs_in_the_form_that_nbformat_writes(notebook: NotebookNode, step: Step) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None), cell.id
    written: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    assert step.notebook.read_text(encoding="utf-8") == written + "\n"


def test_its_cells_have_readable_ids_of_their_own(notebook: NotebookNode) -> None:
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(identifier.isidentifier() and identifier.islower() for identifier in ids)


def test_the_first_code_cell_fetches_the_function_that_checks(notebook: NotebookNode) -> None:
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert first.source == "from courseware.notebook import check"


def test_each_task_has_one_check_cell_below_the_text_that_states_it(notebook: NotebookNode, step: Step) -> None:
    tasks = [checked_task(cell) for cell in notebook.cells if checked_task(cell)]
    assert tasks == [task.id for task in step.tasks]
    for before, cell in zip(notebook.cells, notebook.cells[1:], strict=False):
        task = checked_task(cell)
        if task:
            assert before.source.startswith(f"## Task {task}\n")
            assert all(f"({file})" in before.source for file in step.task(task).edit), task


def test_what_it_tells_nbgrader_agrees_with_the_lesson(notebook: NotebookNode, step: Step) -> None:
    names = [*(f"task_{task.id}" for task in step.tasks), *(f"question_{item.id}" for item in step.lesson.questions)]
    told = [(cell["grade_id"], cell["points"]) for cell in grading(notebook)]
    graded: tuple[Task | Question, ...] = (*step.tasks, *step.lesson.questions)
    points = [item.points for item in graded]
    assert told == list(zip((name.replace(".", "_") for name in names), points, strict=True))
    assert sum(points) == 100


def test_check_cells_are_locked_tests_and_questions_are_graded_by_hand(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if "nbgrader" not in cell.metadata:
            continue
        by_hand = cell.cell_type == "markdown"
        rest = {key: value for key, value in cell.metadata.nbgrader.items() if key not in ("grade_id", "points")}
        assert rest == {
            "cell_type": cell.cell_type,
            "grade": True,
            "locked": not by_hand,
            "schema_version": 3,
            "solution": by_hand,
            "task": False,
        }
        assert cell.id == cell.metadata.nbgrader.grade_id


@pytest.mark.usefixtures("own_jupyter")
def test_every_other_code_cell_runs(notebook: NotebookNode, step: Step, tmp_path: Path) -> None:
    shutil.copytree(step.lesson_folder, tmp_path / "lesson")
    notebook.cells = [cell for cell in notebook.cells if checked_task(cell) is None]
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert all(output.get("name") != "stderr" for output in cell.outputs), cell.id
            # nbclient does not raise what a script of `%run` raises: the cell counts as executed.
            assert all(output.output_type != "error" for output in cell.outputs), cell.id
    printed = {cell.id: text_of(cell) for cell in notebook.cells if cell.cell_type == "code"}
    assert all("✗" not in text for text in printed.values())
    assert [cell for cell in printed if cell.startswith("run_example")]
    expected = expected_in(step.lesson_folder).notebook
    assert [text for cell, texts in expected.items() for text in texts if text not in printed[cell]] == []


@pytest.mark.usefixtures("own_jupyter")
def test_a_check_cell_never_raises_and_writes_nothing_to_stderr(
    notebook: NotebookNode, step: Step, tmp_path: Path
) -> None:
    """Also where there is no course around the notebook, as in a copy that somebody moved away."""
    wanted = [cell for cell in notebook.cells if cell.id in ("setup", f"task_{step.number}_1")]
    notebook.cells = wanted
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert [output.output_type for output in wanted[1].outputs] == ["display_data"]


def text_of(cell: NotebookNode) -> str:
    """What a run code cell printed."""
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")
