"""One run of JupyterLab with the application beside it."""

import http.client
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from courseware.base.errors import UsageError
from courseware.base.processes import wait_until
from courseware.course import Step
from courseware.services.registry import KINDS
from courseware.services.servers import HOST, choose_port, free_port
from courseware.student.lab.processes import Processes
from courseware.student.lab.settings import DOCUMENTATION, LabFolder, lay_out
from courseware.student.workspace import Workspace

USUAL_PORT = 8888
USUAL_APPLICATION_PORT = 8000
START_SECONDS = 60.0
LOG_LINES_SHOWN = 3


@dataclass(frozen=True)
class Addresses:
    """Where things are. The address of the lab contains the token: with it, every program can run code as this user.

    `pages` are those of the services that the application uses, by their titles. `services` are the hosts and ports of
    the services without a page.
    """

    lab: str
    application: str
    documentation: str
    pages: Mapping[str, str]
    services: Mapping[str, str]


class Lab:
    """JupyterLab and the application's server for a step that is laid out in the workspace."""

    def __init__(self, workspace: Workspace, step: Step) -> None:
        self._root = workspace.folder(step)
        self._step = step
        self._services = workspace.course.services_after(step.number)
        self._own = LabFolder(workspace.root / ".course" / "lab")
        self._processes = Processes()
        self._jupyter: subprocess.Popen[bytes] | None = None

    def start(self, *, browser: bool, port: int | None = None, application_port: int | None = None) -> Addresses:
        """Starts everything, opens the browser if asked to, and returns when JupyterLab answers. Raises UsageError."""
        port = choose_port(port, USUAL_PORT)
        application_port = choose_port(application_port, USUAL_APPLICATION_PORT)
        # Reached through JupyterLab: users need no ports, and two labs do not compete for one.
        pages = {name: free_port() for name in self._services if KINDS[name].page_port is not None}
        ports = {name: choose_port(None, KINDS[name].port) for name in self._services if name not in pages}
        token = secrets.token_urlsafe(24)
        self._own.prepare(
            root=self._root,
            slug=self._step.slug,
            port=port,
            application_port=application_port,
            pages=pages,
            browser=browser,
        )
        lay_out(self._step, f"/{DOCUMENTATION}", self._own.workspaces)
        environment = self._own.environment(os.environ, token)
        # -P: a file of the student's must not stand in for a module of the standard library or of a server.
        python = [sys.executable, "-P", "-m"]
        serving = ["courseware", "run", str(self._step.number), "--port", str(application_port), "--no-addresses"]
        serving += [f"--page={name}:{page}" for name, page in (pages | ports).items()]
        server = self._processes.start([*python, *serving], folder=self._root, environment=environment)
        # First, since a page that JupyterLab hands through and that does not answer yet stays an error.
        if not _comes_true(lambda: _listens(application_port), server):
            raise UsageError("Your application's server does not start.")
        with self._own.log.open("wb") as log:
            self._jupyter = self._processes.start(
                [*python, "jupyterlab"], folder=self._root, environment=environment, output=log
            )
        if not _comes_true(lambda: _answers(port, token), self._jupyter):
            raise UsageError(f"JupyterLab does not start. Its log is {self._own.log}, which ends so: {self._end()}")
        return Addresses(
            lab=f"http://{HOST}:{port}/lab/workspaces/{self._step.slug}?token={token}",
            application=f"http://{HOST}:{application_port}",
            documentation=f"http://{HOST}:{port}/{DOCUMENTATION}",
            pages={KINDS[name].title: f"http://{HOST}:{port}/{name}/" for name in pages},
            services={KINDS[name].title: f"{HOST}:{port}" for name, port in ports.items()},
        )

    def wait(self) -> None:
        """Returns when JupyterLab has ended, such as by its menu (File, Shut Down)."""
        if self._jupyter is not None:
            self._jupyter.wait()

    def stop(self) -> None:
        """Ends JupyterLab with its kernels and terminals, and the application's server."""
        self._processes.stop()

    def _end(self) -> str:
        lines = self._own.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES_SHOWN:])


def _comes_true(holds: Callable[[], bool], process: "subprocess.Popen[bytes]") -> bool:
    """Waits as long as the process runs, though not for ever."""
    came = wait_until(lambda: process.poll() is not None or holds(), START_SECONDS, poll_seconds=0.05)
    return came and process.poll() is None


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=5).close()
    except OSError:
        return False
    return True


def _answers(port: int, token: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/api/status", headers={"Authorization": f"token {token}"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
