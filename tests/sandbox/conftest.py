"""Starts hostile programs for a test and asks them what they reached."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from courseware.checking import Application
from courseware.sandbox import ApplicationCommand, Limits, RunningApplication, SandboxKind, start_application

ATTACKS = Path(__file__).parent / "attacks"
LIBRARIES = f"{sys.prefix}/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
Start = Callable[..., "Hostile"]


@dataclass(frozen=True)
class Hostile:
    """A hostile program that runs."""

    running: RunningApplication

    def reached(self, path: str = "/", seconds: float = 60.0) -> Any:
        """What the program answers: the value of its JSON. Raises OSError or HTTPException where no answer comes."""
        return json.loads(self._ask(path, seconds)[1])

    def is_well(self) -> bool:
        """Whether it still answers."""
        return self._ask("/", 10)[0] == 200

    def _ask(self, path: str, seconds: float) -> tuple[int, bytes]:
        with closing(HTTPConnection("application.test")) as connection:
            connection.sock = self.running.connect(seconds)
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    @property
    def application(self) -> Application:
        """The program as a check sees it."""
        return Application(self.running)


def hostile_tree(name: str) -> dict[str, bytes]:
    """The project that holds this attack."""
    return {
        "attack.py": (ATTACKS / f"{name}.py").read_bytes(),
        "served.py": (ATTACKS / "served.py").read_bytes(),
    }


@pytest.fixture
def attack() -> Iterator[Start]:
    """Starts an attack by its name; the keywords become variables that it finds."""
    with ExitStack() as stack:

        def start(
            name: str, *, kind: SandboxKind = "bubblewrap", limits: Limits | None = None, **environment: str
        ) -> Hostile:
            command = ApplicationCommand("attack:create_app", None, {"LIBRARIES": LIBRARIES, **environment})
            running = start_application(hostile_tree(name), command, kind=kind, limits=limits)
            return Hostile(stack.enter_context(running))

        yield start
