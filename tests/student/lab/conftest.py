"""The real `course lab` on a copy of the miniature course."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from courseware.course import Course, load_course
from courseware.services.servers import free_port

MINIATURE = Path(__file__).parents[2] / "miniature_course"
SECONDS = 90
PRINTED_LAST = "Ctrl-C ends everything"  # after all addresses, each of which is a line of its own


class RunningLab:
    """A running `course lab 1`. Its JupyterLab is spoken to over HTTP, with the token that was printed."""

    def __init__(self, root: Path, output: Path, *arguments: str, **environment: str) -> None:
        self._output = output
        ports = ["--port", str(free_port()), "--application-port", str(free_port())]
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "courseware", "lab", "1", *ports, *arguments],
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            )
        self.address = self._wait_for_address()

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """What JupyterLab's server answers, from JSON."""
        parts = urlsplit(self.address)
        request = urllib.request.Request(
            f"http://{parts.netloc}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {parse_qs(parts.query)['token'][0]}"},
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - our own address
            content = answer.read()
        return json.loads(content) if content else None

    def page(self, path: str) -> str:
        """A page of JupyterLab's server."""
        parts = urlsplit(self.address)
        address = f"http://{parts.netloc}/{path}?{parts.query}"
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:
            text: str = answer.read().decode()
        return text

    def end(self, ending: int) -> list[psutil.Process]:
        """Sends the signal and returns which of the lab's processes are left when it has ended."""
        head = psutil.Process(self.process.pid)
        family = [head, *head.children(recursive=True)]
        self.process.send_signal(ending)
        self.process.wait(timeout=SECONDS)
        return [member for member in family if member.is_running() and member.status() != psutil.STATUS_ZOMBIE]

    def make_end(self) -> None:
        """Ends it, if it has not ended yet."""
        if self.process.poll() is None:
            self.end(signal.SIGTERM)

    @property
    def printed(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")

    def _wait_for_address(self) -> str:
        deadline = time.monotonic() + SECONDS
        while PRINTED_LAST not in self.printed:
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.1)
        return next(word for word in self.printed.split() if "?token=" in word)


HOSTILE_HOME = {
    ".jupyter/jupyter_server_config.py": "raise RuntimeError('the user has settings of their own')",
    ".jupyter/jupyter_lab_config.json": '{"ServerApp": {"base_url": "/elsewhere/", "ip": "0.0.0.0"}}',
    ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings": '{"theme": "None"}',
    ".local/share/jupyter/kernels/python3/kernel.json": '{"argv": ["/bin/false"], "display_name": "broken"}',
    ".ipython/profile_default/startup/00.py": "raise RuntimeError('in every kernel')",
}


@dataclass(frozen=True)
class Place:
    """A copy of the miniature course, and a home whose Jupyter settings would break any JupyterLab that reads them."""

    root: Path
    home: Path

    @classmethod
    def make(cls, folder: Path) -> "Place":
        place = cls(folder / "course", folder / "home")
        shutil.copytree(MINIATURE, place.root, ignore=shutil.ignore_patterns("workspace", "__pycache__"))
        for name, text in HOSTILE_HOME.items():
            (place.home / name).parent.mkdir(parents=True, exist_ok=True)
            (place.home / name).write_text(text)
        return place

    def start(self, *options: str, **environment: str) -> RunningLab:
        jupyter = str(self.home / ".jupyter")
        hostile = {"HOME": str(self.home), "JUPYTER_CONFIG_PATH": jupyter, "JUPYTER_CONFIG_DIR": jupyter}
        return RunningLab(self.root, self.root / "output.txt", *options, **hostile, **environment)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return load_course(Place.make(tmp_path).root)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Callable[..., RunningLab]]:
    """Starts `course lab 1`, without a browser unless told otherwise."""
    place = Place.make(tmp_path)
    started: list[RunningLab] = []

    def start(*options: str, **environment: str) -> RunningLab:
        started.append(place.start(*(options or ("--no-browser",)), **environment))
        return started[-1]

    yield start
    for each in started:
        each.make_end()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where `standing_lab` runs."""
    return Place.make(tmp_path_factory.mktemp("standing"))


@pytest.fixture(scope="module")
def standing_lab(place: Place) -> Iterator[RunningLab]:
    """A lab for all tests that only look at it."""
    standing = place.start("--no-browser")
    yield standing
    standing.make_end()
