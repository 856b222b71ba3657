"""JupyterLab's own folders and settings for one run, and the layout that it opens with."""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from courseware.course import Step
from courseware.services.registry import KINDS
from courseware.services.servers import HOST

TERMINAL = "terminal:1"
LESSON = "lesson/README.md"
DOCUMENTATION = "application/docs"
"""Where the application's Swagger UI is on JupyterLab's server, handed through by jupyter-server-proxy."""
# What JupyterLab starts with; the student's own choices in its settings editor go before it.
PREFERENCES = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/filebrowser-extension:browser": {"showHiddenFiles": True},
}
# Parts that a student has no use for here: what grades, what installs, and the other notebook application.
LEFT_OUT = (
    "@jupyter/nbgrader",
    "@jupyter-notebook/lab-extension",
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/extensionmanager-extension",
)
SERVER_PARTS_LEFT_OUT = (
    "nbgrader.server_extensions.assignment_list",
    "nbgrader.server_extensions.course_list",
    "nbgrader.server_extensions.formgrader",
    "nbgrader.server_extensions.validate_assignment",
    "notebook",
)


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


class LabFolder:
    """The folder that holds everything of JupyterLab's but the student's work."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.workspaces = folder / "workspaces"
        self.log = folder / "jupyterlab.log"

    def prepare(
        self, *, root: Path, slug: str, port: int, application_port: int, pages: Mapping[str, int], browser: bool
    ) -> None:
        """Writes the configuration for one run.

        `root` is the folder that JupyterLab shows as its whole world, `pages` says on which ports services have theirs.
        """
        configuration = {
            "ServerApp": {
                "ip": HOST,
                "port": port,
                "port_retries": 0,
                "open_browser": browser,
                "root_dir": str(root),
                "preferred_dir": str(root),
                # Root is what one is in a container; there JupyterLab would refuse to start.
                "allow_root": getattr(os, "geteuid", lambda: None)() == 0,
                # Named, it is no login shell, and /etc/profile does not take `course` off the PATH again.
                "terminado_settings": {"shell_command": [_shell()]},
                "jpserver_extensions": dict.fromkeys(SERVER_PARTS_LEFT_OUT, False),
            },
            "LabApp": {
                "default_url": f"/lab/workspaces/{slug}",
                "user_settings_dir": str(self._folder / "settings"),
                "workspaces_dir": str(self.workspaces),
                "app_settings_dir": str(self._folder / "preferences"),
                # Nothing here may ask a server on the internet.
                "news_url": None,
                "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
                "extension_manager": "readonly",
            },
            "ContentsManager": {"allow_hidden": True},  # .github/ and .env.example are files to edit
            # There is none to be found here, and the search starts Node.js, which writes into the user's home.
            "LanguageServerManager": {"autodetect": False},
            "ServerProxy": {
                "servers": {
                    "application": {
                        "port": application_port,
                        "new_browser_tab": False,
                        "launcher_entry": {"title": "Swagger UI", "path_info": DOCUMENTATION},
                    },
                    **{name: _page(name, page) for name, page in pages.items()},
                }
            },
        }
        self._write("config/jupyter_server_config.json", configuration)
        self._write("preferences/overrides.json", PREFERENCES)
        self._write("preferences/page_config.json", {"disabledExtensions": dict.fromkeys(LEFT_OUT, True)})

    def environment(self, base: Mapping[str, str], token: str) -> dict[str, str]:
        """The environment for JupyterLab. Without the user's Jupyter folders it finds no other kernel than ours.

        The token goes this way, as every user of the machine may read a command line.
        """
        kept = {name: value for name, value in base.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
        return kept | {
            "JUPYTER_CONFIG_DIR": str(self._folder / "config"),
            "JUPYTER_DATA_DIR": str(self._folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self._folder / "runtime"),
            "JUPYTER_PREFER_ENV_PATH": "1",
            "JUPYTER_TOKEN": token,
            "IPYTHONDIR": str(self._folder / "ipython"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), base.get("PATH", os.defpath)]),
        }

    def _write(self, name: str, values: Mapping[str, Any]) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def _page(service: str, port: int) -> dict[str, Any]:
    """A service's page as jupyter-server-proxy is told of it: handed through, and with an entry in the launcher."""
    launcher = {"title": KINDS[service].title, "path_info": f"{service}/"}
    return {"port": port, "new_browser_tab": False, "launcher_entry": launcher}


def _shell() -> str:
    return "powershell.exe" if os.name == "nt" else os.environ.get("SHELL", "sh")
