"""Runs uvicorn on a project's folder."""

import copy
import json
import multiprocessing
import os
from pathlib import Path

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from courseware.course import Application
from courseware.serving.development import SETTINGS
from courseware.serving.ports import HOST

WATCHED = ["*.py", "*.ini", "*.toml", ".env"]
NOT_WATCHED = [".ipynb_checkpoints/*", "__pycache__/*", ".venv/*"]


def serve(folder: Path, application: Application, port: int, *, reload: bool = True) -> None:
    """Serves the project in `folder` on `port` until SIGINT or SIGTERM; its working directory is that folder.

    With `reload`, every save restarts it.
    """
    settings = {"folder": str(folder), "entrypoint": application.entrypoint, "migrations": application.migrations}
    os.environ[SETTINGS] = json.dumps(settings)
    os.chdir(folder)
    try:
        _run(folder, port, reload)
    finally:
        # Whatever ended this process (SIGHUP, say, of which uvicorn knows nothing), its child must not outlive it.
        for child in multiprocessing.active_children():
            child.terminate()


def _run(folder: Path, port: int, reload: bool) -> None:
    uvicorn.run(
        "courseware.serving.development:create_application",
        factory=True,
        host=HOST,
        port=port,
        reload=reload,
        reload_dirs=[str(folder)] if reload else None,
        reload_includes=WATCHED if reload else None,
        reload_excludes=NOT_WATCHED if reload else None,
        # A page of Swagger UI that keeps its connection open must not hold up a restart.
        timeout_graceful_shutdown=2,
        log_config=quiet_logging(),
    )


def quiet_logging() -> dict[str, object]:
    """uvicorn's own logging without the lines about its life; the requests and the restarts stay."""
    configuration = copy.deepcopy(LOGGING_CONFIG)
    configuration["loggers"]["uvicorn.error"] = {"level": "WARNING"}
    return configuration
