"""Starts hostile programs for a test and asks them what they reached."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from courseware.base.tree import Tree
from courseware.checking import Application
from courseware.judging.sandbox import ApplicationCommand, Limits, RunningApplication, SandboxKind, start_application
from courseware.judging.sandbox.forking import ForkServer

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


@pytest.fixture(scope="session")
def _server() -> Iterator[ForkServer]:
    server = ForkServer(["fastapi", "alembic.command"])
    yield server
    server.stop()


@pytest.fixture
def ask_to_fork(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has this server be asked for every application that is started in bubblewrap from now on.

    With `always` the test fails where it refuses.
    """

    def ask(server: ForkServer, *, always: bool = False) -> None:
        monkeypatch.setattr("courseware.judging.sandbox.starting.fork_server", lambda _: server)
        if always:
            monkeypatch.setattr("courseware.judging.sandbox.starting.ForkRefused", ZeroDivisionError)

    return ask


@pytest.fixture
def forks(ask_to_fork: Callable[..., None], _server: ForkServer) -> None:
    """Has every application be forked that this test starts in bubblewrap."""
    ask_to_fork(_server, always=True)


@pytest.fixture(
    params=[
        "plain",
        pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
        pytest.param("forked in bubblewrap", marks=pytest.mark.bubblewrap),
    ]
)
def kind(request: pytest.FixtureRequest) -> SandboxKind:
    if request.param == "plain":
        return "plain"
    if request.param != "bubblewrap":
        request.getfixturevalue("forks")
    return "bubblewrap"


@pytest.fixture
def attack() -> Iterator[Start]:
    """Starts an attack by its name, with more files perhaps; the other keywords become variables that it finds."""
    with ExitStack() as stack:

        def start(
            name: str,
            *,
            files: Tree | None = None,
            kind: SandboxKind = "bubblewrap",
            limits: Limits | None = None,
            database: Mapping[str, str] | None = None,
            **environment: str,
        ) -> Hostile:
            variables = {"LIBRARIES": LIBRARIES, **environment}
            command = ApplicationCommand("attack:create_app", None, variables, database=database or {})
            running = start_application({**hostile_tree(name), **(files or {})}, command, kind=kind, limits=limits)
            return Hostile(stack.enter_context(running))

        yield start
