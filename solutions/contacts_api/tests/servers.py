"""Starts the application for real, by its start command, as a container does."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import httpx

PROJECT = Path(__file__).parent.parent
STARTED_WITHIN = 120.0
"""Seconds. A machine that runs many tests at once takes its time."""


@dataclass(frozen=True)
class Server:
    """A server that is starting or running."""

    process: "subprocess.Popen[bytes]"
    port: int
    printed: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    def wait_until_ready(self) -> None:
        wait_for(lambda: self.process.poll() is not None or self._is_ready())
        assert self.process.poll() is None, self.output()

    def wait_until_closed(self) -> None:
        """Until nobody can connect any more, which is the first thing that SIGTERM brings about."""
        wait_for(lambda: not accepts(self.port))

    def stop(self) -> float:
        """Sends SIGTERM. Returns the seconds until the process is gone."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - began

    def output(self) -> str:
        """What the process has printed until its end."""
        self.process.wait(30)
        return self.printed.read_text()

    def _is_ready(self) -> bool:
        if not accepts(self.port):  # httpx.get reads all trusted certificates each time: 20 ms of a processor
            return False
        try:
            return httpx.get(f"{self.url}/health/ready").is_success
        except httpx.TransportError:
            return False


@contextmanager
def started(database_url: str, project: Path = PROJECT, **settings: str) -> Iterator[Server]:
    """A server on a port of its own, ended afterwards in any case.

    By default it finds neither a mail server nor a Redis: those at the usual ports are the developer's own.
    """
    port = free_port()
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        "DATABASE_URL": database_url,
        "BCRYPT_ROUNDS": "4",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "MAIL_PORT": "1",  # nobody listens there
        "REDIS_URL": "redis://127.0.0.1:1/0",
    } | settings
    with NamedTemporaryFile() as printed:  # a pipe that nobody reads would be full some day
        process = subprocess.Popen(
            ["sh", project / "start.sh"],  # as the Dockerfile says
            cwd="/",  # the script must find its files wherever it is called
            env=environment,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Server(process, port, Path(printed.name))
        finally:
            process.kill()
            process.wait()


def copy_of_project(folder: Path) -> Path:
    """A copy of the application, for a test that breaks something in it."""
    copy = folder / "project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("tests", ".*", "__pycache__", "*.sqlite3"))
    return copy


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def silent() -> socket.socket:
    """A port that takes connections and never says a word."""
    return socket.create_server(("127.0.0.1", 0))


def closed() -> socket.socket:
    """A port that nobody listens on, reserved."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    return server


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while not condition():
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.02)
