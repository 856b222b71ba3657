"""Serves a project in a process of its own, and in a new one after every save."""

import multiprocessing
import os
import socket
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

from watchfiles import PythonFilter, watch

from courseware.course import Application
from courseware.services.servers import HOST
from courseware.student.serving.development import serve_once

SECONDS_TO_END = 4.0
STARTS_WATCHING_MILLISECONDS = 100


class WrittenFiles(PythonFilter):
    """The files of a project that a person writes and that matter to how it runs."""

    ignore_dirs = (*PythonFilter.ignore_dirs, ".ipynb_checkpoints", "venv")

    def __init__(self) -> None:
        super().__init__(extra_extensions=(".ini", ".toml", ".env"))


def serve(folder: Path, application: Application, port: int, environment: Mapping[str, str] | None = None) -> None:
    """Serves the project in `folder` on `port` until KeyboardInterrupt, which it takes for its normal end.

    It finds the variables in `environment` whatever is set in this process; the course's own only where nothing is.
    The socket listens all the while, so that a request that comes during a restart waits instead of failing.
    """
    changes = watch(
        folder, watch_filter=WrittenFiles(), rust_timeout=STARTS_WATCHING_MILLISECONDS, yield_on_timeout=True
    )
    with socket.create_server((HOST, port)) as listener:
        process = None
        try:
            next(changes)  # From here on no save is missed, not even one while the first process is starting.
            process = _start(listener, folder, application, environment or {})
            for changed in changes:
                if changed:
                    names = sorted({os.path.relpath(path, folder) for _, path in changed})
                    print(f"\nSaved: {', '.join(names)}. Starting again ...\n", flush=True)
                    _end(process)
                    process = _start(listener, folder, application, environment or {})
        except KeyboardInterrupt:
            pass
        finally:
            if process is not None:
                _end(process)


def _start(
    listener: socket.socket, folder: Path, application: Application, environment: Mapping[str, str]
) -> BaseProcess:
    process = multiprocessing.get_context("spawn").Process(
        target=serve_once, args=(listener, folder, application, dict(environment)), daemon=True
    )
    process.start()
    return process


def _end(process: BaseProcess) -> None:
    """Asks the process to end, and makes it: an endless loop in the student's code keeps it from listening."""
    process.terminate()
    process.join(SECONDS_TO_END)
    if process.is_alive():
        process.kill()
        process.join()
