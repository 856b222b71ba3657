"""The layout that JupyterLab opens a step with."""

import json
from pathlib import Path
from typing import Any

import pytest
from jupyterlab_server.workspaces_handler import WorkspacesManager

from courseware.course import Course, Step
from courseware.student.lab.settings import LabFolder, files_to_edit, lay_out, layout


@pytest.fixture
def step(course: Course) -> Step:
    return course.step(1)


def prepared(folder: Path, root: Path) -> dict[str, Any]:
    """The configuration that is written for JupyterLab."""
    LabFolder(folder).prepare(
        root=root, slug="step_1_greeting", port=8888, application_port=8000, pages={"mailbox": 8025}, browser=False
    )
    configuration: dict[str, Any] = json.loads((folder / "config/jupyter_server_config.json").read_text())
    return configuration


def test_every_file_of_the_tasks_is_open_once(step: Step) -> None:
    assert files_to_edit(step) == ["app/greeting.py"]


def test_everything_that_is_shown_can_be_restored(step: Step) -> None:
    """A name in the dock without an entry of its own is silently left out by JupyterLab."""
    data = layout(step, "/application/docs")["data"]
    shown = names(data["layout-restorer:data"]["main"]["dock"])
    assert shown == [
        "notebook:step_1_greeting.ipynb",
        "markdownviewer-widget:lesson/README.md",
        "server-proxy:server-proxy:application",
        "editor:app/greeting.py",
        "terminal:1",
    ]
    assert set(shown) <= data.keys()


def test_jupyterlab_finds_the_layout(step: Step, tmp_path: Path) -> None:
    lay_out(step, "/application/docs", tmp_path)
    assert WorkspacesManager(str(tmp_path)).load(step.slug)["data"] == layout(step, "/application/docs")["data"]


def test_the_layout_that_a_student_has_made_is_kept(step: Step, tmp_path: Path) -> None:
    lay_out(step, "/application/docs", tmp_path)
    manager = WorkspacesManager(str(tmp_path))
    theirs = {"metadata": {"id": step.slug}, "data": {"mine": "yes"}}
    manager.save(step.slug, json.dumps(theirs))
    lay_out(step, "/application/docs", tmp_path)
    assert manager.load(step.slug)["data"] == {"mine": "yes"}


def test_root_is_allowed_for_root_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0, raising=False)
    assert prepared(tmp_path, tmp_path)["ServerApp"]["allow_root"] is True
    monkeypatch.setattr("os.geteuid", lambda: 1000, raising=False)
    assert prepared(tmp_path, tmp_path)["ServerApp"]["allow_root"] is False


def test_the_environment_holds_nothing_of_the_users_jupyter_but_all_else(tmp_path: Path) -> None:
    base = {"JUPYTER_PATH": "/theirs", "JUPYTERLAB_DIR": "/theirs", "IPYTHONDIR": "/theirs", "LANG": "uk_UA.UTF-8"}
    environment = LabFolder(tmp_path).environment(base, "secret")
    assert "/theirs" not in environment.values()
    assert environment["LANG"] == "uk_UA.UTF-8"
    assert environment["JUPYTER_TOKEN"] == "secret"


def names(part: dict[str, Any]) -> list[str]:
    """The widgets of a part of the dock, in order."""
    inner = [name for child in part.get("children", []) for name in names(child)]
    return [*part.get("widgets", []), *inner]
