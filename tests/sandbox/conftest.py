"""Starts hostile programs for a test and asks them what they reached."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from courseware.checking import Application, Request
from courseware.checking.exchange import Exchange
from courseware.sandbox import ApplicationCommand, Limits, RunningApplication, SandboxKind, start_application

ATTACKS = Path(__file__).parent / "attacks"
LIBRARIES = f"{sys.prefix}/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
START_SECONDS = 30.0
Start = Callable[..., "Hostile"]


@dataclass(frozen=True)
class Hostile:
    """A hostile program that runs."""

    running: RunningApplication

    def reached(self, path: str = "/", seconds: float = 60.0) -> Any:
        """What the program answers: the value of its JSON. Raises ExchangeFailed where no answer comes in this time."""
        with self.running.connect(seconds) as connection:
            exchange = Exchange(connection, time.monotonic() + seconds)
            exchange.send(Request("GET", path))
            exchange.receive()
        return json.loads(exchange.body)

    def is_well(self) -> bool:
        """Whether it still answers."""
        with self.running.connect(10) as connection:
            exchange = Exchange(connection, time.monotonic() + 10)
            exchange.send(Request("GET", "/"))
            exchange.receive()
            return exchange.status == 200

    @property
    def application(self) -> Application:
        """The program as a check sees it."""
        return Application(self)

    def connect(self, timeout: float) -> Any:
        return self.running.connect(timeout)

    def move_clock(self, to: Any) -> None:
        self.running.move_clock(to)

    @property
    def log(self) -> str:
        return self.running.log

    @property
    def has_ended(self) -> bool:
        return self.running.ended is not None


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
