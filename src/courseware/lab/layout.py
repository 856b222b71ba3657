"""What JupyterLab shows when a step is opened: the notebook left, the files to edit right, a terminal below."""

import hashlib
import json
from pathlib import Path
from typing import Any

from courseware.course import Step

TERMINAL = "terminal:1"
LESSON = "lesson/README.md"


def lay_out(step: Step, documentation: str, workspaces: Path) -> None:
    """Stores the layout of a step below `workspaces`, unless there is one: from then on it is the student's own.

    `documentation` is the address of the application's Swagger UI on JupyterLab's server.
    """
    path = workspaces / file_name(step.slug)
    if not path.exists():
        workspaces.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(layout(step, documentation), indent=2), encoding="utf-8")


def file_name(workspace: str) -> str:
    """Where JupyterLab looks for a workspace of this name, which consists of a-z, 0-9 and _.

    jupyterlab_server could tell; but to import it takes longer than everything else that happens here.
    """
    return f"{workspace}-{hashlib.sha256(workspace.encode()).hexdigest()[:4]}.jupyterlab-workspace"


def layout(step: Step, documentation: str) -> dict[str, Any]:
    """The layout as JupyterLab stores one. Its keys are not documented: they are what JupyterLab itself writes."""
    notebook = f"notebook:{step.notebook.name}"
    lesson = f"markdownviewer-widget:{LESSON}"
    swagger = "server-proxy:server-proxy:application"
    files = files_to_edit(step)
    editors = [f"editor:{path}" for path in files]
    upper = _split("horizontal", [0.5, 0.5], [_tabs([notebook, lesson, swagger]), _tabs(editors)])
    dock = _split("vertical", [0.74, 0.26], [upper, _tabs([TERMINAL])])
    return {
        "metadata": {"id": step.slug},
        "data": {
            "layout-restorer:data": {
                "main": {"dock": dock, "current": notebook},
                "down": {"size": 0, "widgets": []},
                "left": {"collapsed": True, "visible": True, "widgets": ["filebrowser"]},
                "right": {"collapsed": True, "visible": True, "widgets": []},
                "relativeSizes": [0, 1, 0],
            },
            "file-browser-filebrowser:cwd": {"path": ""},
            notebook: {"data": {"path": step.notebook.name, "factory": "Notebook"}},
            lesson: {"data": {"path": LESSON, "factory": "Markdown Preview"}},
            **{f"editor:{path}": {"data": {"path": path, "factory": "Editor"}} for path in files},
            TERMINAL: {"data": {"name": TERMINAL.removeprefix("terminal:")}},
            swagger: {
                "data": {
                    "id": swagger.removeprefix("server-proxy:"),
                    "title": "Swagger UI",
                    "url": documentation,
                    "newBrowserTab": False,
                }
            },
        },
    }


def files_to_edit(step: Step) -> list[str]:
    """The files of the step's tasks, each once, in the order in which the tasks name them."""
    return list(dict.fromkeys(path for task in step.tasks for path in task.edit))


def _split(orientation: str, sizes: list[float], children: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "split-area", "orientation": orientation, "sizes": sizes, "children": children}


def _tabs(widgets: list[str]) -> dict[str, Any]:
    return {"type": "tab-area", "currentIndex": 0, "widgets": widgets}
