"""Runs inside the sandbox: lays out files, then starts programs as the judge asks for them.

One trusted file beside the runner, started by its path with the judge's own interpreter. It imports nothing of a
project. What it starts has sessions of their own, and ends with it. In bubblewrap it is process 1, which no process of
the sandbox can kill.

It talks with the judge over a socket, by lines of JSON. It first hands out sockets that listen on the ports that the
judge serves. Then it answers one request after the other, and ends when the judge closes the socket.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
CONNECT_SECONDS = 2.0
LONGEST_REQUEST = 1024 * 1024


def main() -> None:
    package, control = map(int, sys.argv[1:])
    runner = load_runner()
    with os.fdopen(package, "rb") as file:
        setup = json.loads(file.readline())
        root = runner.lay_out(Path(setup["folder"], "image"), file.read(), setup["files"])
    for path, _ in setup["files"]:
        with (root / path).open("rb") as file:
            if file.read(2) == b"#!":
                (root / path).chmod(0o755)
    for folder in setup["folders"]:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for path, target in setup["links"].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    runner.set_limits(setup["limits"])
    connection = socket.socket(fileno=control)
    listeners = [socket.create_server((HOST, port)) for port in setup["ports"]]
    socket.send_fds(connection, [b"\n"], [each.fileno() for each in listeners])
    for listener in listeners:
        listener.close()
    Machine(connection).serve()


def load_runner() -> Any:
    """The runner's module, which stands beside this one."""
    spec = spec_from_file_location("runner", Path(__file__).with_name("runner.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Machine:
    """Answers the judge's requests."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._started: dict[int, subprocess.Popen[bytes]] = {}
        self._codes: dict[int, int] = {}

    def serve(self) -> None:
        """Answer until the judge closes the socket, then end all that was started."""
        try:
            while (request := self.receive()) is not None:
                content, descriptors = request
                self.reap()
                try:
                    answer, passed = getattr(self, content.pop("do"))(descriptors, **content)
                except (OSError, ValueError) as error:  # ValueError: a word or a name with a null character
                    answer, passed = {"error": getattr(error, "strerror", None) or str(error)}, []
                for descriptor in descriptors:
                    os.close(descriptor)
                socket.send_fds(self._connection, [json.dumps(answer).encode() + b"\n"], passed)
                for descriptor in passed:
                    os.close(descriptor)
        finally:
            for process in self._started:
                with suppress(OSError):
                    os.killpg(process, signal.SIGKILL)
            os._exit(0)

    def receive(self) -> tuple[dict[str, Any], list[int]] | None:
        """The next request and its descriptors. None at the end."""
        line, descriptors = b"", []
        while not line.endswith(b"\n"):
            part, passed, _, _ = socket.recv_fds(self._connection, 64 * 1024, 4)
            descriptors += passed
            line += part
            if not part or len(line) > LONGEST_REQUEST:
                return None
        return json.loads(line), descriptors

    def reap(self) -> None:
        """Take note of the processes that have ended, of orphans too."""
        with suppress(ChildProcessError):
            while True:
                process, status = os.waitpid(-1, os.WNOHANG)
                if not process:
                    return
                self._codes[process] = os.waitstatus_to_exitcode(status)
                if process in self._started:
                    self._started[process].returncode = self._codes[process]

    def start(
        self, descriptors: list[int], words: list[str], environment: dict[str, str], folder: str
    ) -> tuple[dict[str, Any], list[int]]:
        """Start a program, which prints to the first descriptor. Its number."""
        process = subprocess.Popen(
            words,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=descriptors[0],
            stderr=descriptors[0],
            start_new_session=True,
        )
        self._codes.pop(process.pid, None)
        self._started[process.pid] = process
        return {"process": process.pid}, []

    def poll(self, _descriptors: list[int], process: int) -> tuple[dict[str, Any], list[int]]:
        """The exit code of a program, None while it runs; and whether any process is left that it could have begun."""
        return {"code": self._codes.get(process), "left": self.is_anything_left(process)}, []

    def is_anything_left(self, process: int) -> bool:
        """In bubblewrap, whether there is any process beside this one."""
        try:
            if os.getpid() == 1:
                os.kill(-1, 0)
            else:
                os.killpg(process, 0)
        except OSError:
            return False
        return True

    def signal(self, _descriptors: list[int], process: int, number: int) -> tuple[dict[str, Any], list[int]]:
        """Send a signal to a program that was started."""
        if process in self._started and process not in self._codes:
            os.kill(process, number)
        return {}, []

    def connect(self, _descriptors: list[int], address: str, port: int) -> tuple[dict[str, Any], list[int]]:
        """A connection to a port."""
        connection = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        connection.setblocking(True)
        return {}, [connection.detach()]


if __name__ == "__main__":
    main()
