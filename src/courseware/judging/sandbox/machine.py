"""A machine in the sandbox: files are laid out, and programs are started one by one, as a platform would.

What runs there reaches no network. The judge serves ports of the machine, and connects to ports that programs serve.
"""

import json
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from courseware.base.errors import UsageError
from courseware.base.processes import wait_until
from courseware.base.tree import Tree
from courseware.judging.sandbox import bubblewrap
from courseware.judging.sandbox.availability import CLEAN_ENVIRONMENT, available
from courseware.judging.sandbox.command import MIB, Limits, SandboxKind
from courseware.judging.sandbox.launching import CommandLine, launch
from courseware.judging.sandbox.starting import environment_in, make_group, private_folder, resource_limits
from courseware.services.servers import HOST, listen_at, port_of

START_SECONDS = 20.0
ANSWER_SECONDS = 20.0
POLL_SECONDS = 0.02
CHUNK = 64 * 1024
LONGEST_ANSWER = 64 * 1024
SHELL_PATHS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
PASSWD = b"root:x:0:0::/:/bin/sh\nrunner:x:%d:%d::/scratch:/bin/sh\n"


class MachineLost(OSError):
    """The machine does not answer any more. It was ended, or it was killed for what it used."""


@dataclass(frozen=True)
class Finished:
    """A program that has ended. `code` is None if it took too long; `text` is the end of what it printed."""

    code: int | None
    text: str


class MachineProcess:
    """A program that was started on a machine."""

    def __init__(self, machine: "Machine", number: int, output: int, limits: Limits) -> None:
        self._machine = machine
        self._number = number
        self._limits = limits
        self._log = bytearray()
        self._printed = 0
        self._changing = threading.Lock()
        self._reader = threading.Thread(target=self._read, args=(output,), name="machine log", daemon=True)
        self._reader.start()

    def poll(self) -> int | None:
        """The exit code (negative: the signal that killed it), None while it runs."""
        code = self._machine.ask("poll", process=self._number)["code"]
        return code if isinstance(code, int) else None

    def has_left_something(self) -> bool:
        """Whether any of its processes still runs."""
        return bool(self._machine.ask("poll", process=self._number)["left"])

    def wait(self, seconds: float) -> int | None:
        """The exit code, or None if it runs longer."""
        found: list[int] = []

        def has_ended() -> bool:
            code = self.poll()
            found.extend([] if code is None else [code])
            return code is not None

        return found[0] if wait_until(has_ended, seconds, poll_seconds=POLL_SECONDS) else None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program itself."""
        self._machine.ask("signal", process=self._number, number=int(number))

    @property
    def log(self) -> str:
        """The end of what it printed so far."""
        with self._changing:
            return self._log.decode(errors="replace")

    @property
    def log_position(self) -> int:
        """How many bytes it has printed so far."""
        with self._changing:
            return self._printed

    def log_since(self, position: int) -> str:
        """What it printed after that position, as far as it is kept."""
        with self._changing:
            fresh = self._printed - position
            return self._log[-fresh:].decode(errors="replace") if fresh > 0 else ""

    def finish_log(self) -> None:
        """Wait shortly until all that was printed is there."""
        self._reader.join(0.5)

    def _read(self, output: int) -> None:
        with os.fdopen(output, "rb", buffering=0) as pipe:
            while chunk := pipe.read(CHUNK):
                with self._changing:
                    self._log += chunk
                    self._printed += len(chunk)
                    del self._log[: -self._limits.log_kept]
                if self._printed > self._limits.log:
                    self._machine.kill(f"It printed more than {self._limits.log // MIB} MiB.")
                    return


class Machine:
    """A machine that runs. Whoever starts one must `close` it. Any thread may use it.

    Args:
        home: the absolute path of its own folder, as its programs see it.
        ports: for each port that the judge serves, the port at which programs find it.
    """

    def __init__(
        self,
        connection: socket.socket,
        kill: Callable[[], None],
        why_killed: Callable[[], str | None],
        close: Callable[[], None],
        *,
        kind: SandboxKind,
        home: str,
        ports: Mapping[int, int],
        listeners: Mapping[int, socket.socket],
        limits: Limits,
    ) -> None:
        self.kind = kind
        self.home = home
        self.ports = ports
        self.listeners = listeners
        """The sockets of `ports`, for the judge to serve."""
        self._connection = connection
        self._kill = kill
        self._why_killed = why_killed
        self._close = close
        self._limits = limits
        self._asking = threading.RLock()
        self._ended: str | None = None
        self._closed = False

    @property
    def root(self) -> str:
        """Where the files are laid out, as its programs see it."""
        return f"{self.home}/image"

    @property
    def why_ended(self) -> str | None:
        """Why the machine was ended, in words. None while it runs."""
        return self._ended

    def environment(self, variables: Mapping[str, str], programs: Sequence[str] = ()) -> dict[str, str]:
        """These variables and those that every program needs. `programs` are folders for the front of PATH."""
        folders = [*programs, f"{sys.prefix}/bin", *SHELL_PATHS]
        own = {**environment_in(self.home, {}), "PATH": ":".join(folders)}
        merged = {**own, **variables, "PATH": ":".join(folders)}
        return bubblewrap.environment_inside(merged) if self.kind == "bubblewrap" else merged

    def start(self, words: Sequence[str], environment: Mapping[str, str], folder: str | None = None) -> MachineProcess:
        """Start a program. `environment` are all its variables. Raises OSError if there is no such program."""
        reading, writing = os.pipe()
        try:
            answer = self._ask(
                {
                    "do": "start",
                    "words": list(words),
                    "environment": dict(environment),
                    "folder": folder or self.root,
                },
                [writing],
            )[0]
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        number = answer.get("process")
        if not isinstance(number, int):
            os.close(reading)
            raise OSError(str(answer.get("error", "it cannot be started"))[:300])
        return MachineProcess(self, number, reading, self._limits)

    def run(
        self, words: Sequence[str], environment: Mapping[str, str], seconds: float, folder: str | None = None
    ) -> Finished:
        """Run a program to its end, at most `seconds`. Raises OSError if there is no such program."""
        process = self.start(words, environment, folder)
        code = process.wait(seconds)
        if code is None:
            process.signal(signal.SIGKILL)
        process.finish_log()
        return Finished(code, process.log)

    def connect(self, port: int, address: str = HOST) -> socket.socket:
        """A connection to a port of the machine. Raises OSError."""
        answer, descriptors = self._ask({"do": "connect", "address": address, "port": port}, [])
        if not descriptors:
            raise ConnectionRefusedError(str(answer.get("error"))[:300])
        return socket.socket(fileno=descriptors[0])

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """The answer to a request."""
        return self._ask({"do": do, **arguments}, [])[0]

    def kill(self, reason: str) -> None:
        """End all that runs on it at once."""
        self._ended = self._ended or reason
        self._kill()

    def close(self) -> None:
        """End the machine and remove what was made for it. May be called again."""
        with self._asking:
            if self._closed:
                return
            self._closed = True
            self.kill("It was stopped.")
            for listener in self.listeners.values():
                listener.close()
            self._connection.close()
            self._close()

    def _ask(self, request: Mapping[str, Any], descriptors: Sequence[int]) -> tuple[dict[str, Any], list[int]]:
        with self._asking:
            try:
                socket.send_fds(self._connection, [json.dumps(request).encode() + b"\n"], list(descriptors))
                line, passed = b"", []
                while not line.endswith(b"\n"):
                    part, more, _, _ = socket.recv_fds(self._connection, CHUNK, 4)
                    passed += more
                    line += part
                    if not part or len(line) > LONGEST_ANSWER:
                        raise MachineLost(self._lost())
                return json.loads(line), passed
            except OSError:
                raise MachineLost(self._lost()) from None

    def _lost(self) -> str:
        self._ended = self._why_killed() or self._ended or "It ended suddenly."
        self._kill()
        return self._ended

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def start_machine(
    tree: Tree | Callable[[str], Tree],
    *,
    kind: SandboxKind,
    ports: Collection[int] = (),
    exact_ports: bool = False,
    folders: Collection[str] = (),
    links: Mapping[str, str] | None = None,
    inner_links: Mapping[str, str] | None = None,
    hosts: Collection[str] = (),
    limits: Limits | None = None,
) -> Machine:
    """Start a machine whose root folder holds `tree`.

    Args:
        tree: the files, or what makes them for the machine's own folder.
        ports: that the judge is going to serve. In bubblewrap they are the machine's own.
        exact_ports: whether programs need these very ports. Without bubblewrap they are ports of this computer.
        folders: relative paths of empty folders.
        hosts: names that stand for the machine itself beside localhost, in bubblewrap only.
        links: absolute paths at which programs find others, in bubblewrap only. `{home}` stands for the home.
        inner_links: relative paths below the root folder at which programs find others.

    Raises UsageError where this machine has no such sandbox, or one of the exact ports is taken.
    """
    if sys.platform == "win32":
        raise UsageError("Windows itself cannot run applications for the course; work inside WSL 2.")
    if kind == "bubblewrap" and not available().bubblewrap:
        raise UsageError(f"The bubblewrap sandbox does not work here: {available().reason}")
    limits = limits or Limits()
    with ExitStack() as ours, CommandLine() as line:
        private = private_folder()
        ours.callback(shutil.rmtree, private, ignore_errors=True)
        home = str(private) if kind == "plain" else bubblewrap.FOLDER
        files = tree(home) if callable(tree) else tree
        setup = {
            "folder": home,
            "folders": list(folders),
            "links": dict(inner_links or {}),
            "limits": resource_limits(kind, limits),
            "files": [(path, len(content)) for path, content in files.items()],
            "ports": list(ports) if kind == "bubblewrap" else [],
        }
        package = line.add_file(json.dumps(setup).encode() + b"\n" + b"".join(files.values()))
        connection, theirs = socket.socketpair()
        ours.callback(connection.close)
        control = line.add_descriptor(theirs.detach())
        group = make_group(limits) if kind == "bubblewrap" else None
        if group is not None:
            ours.callback(group.remove)
            line.add(*group.enter())
        if kind == "bubblewrap":
            variant = available().variant
            assert variant is not None
            options = [
                part for path, target in (links or {}).items() for part in ("--symlink", target.format(home=home), path)
            ]
            user = bubblewrap.UNPRIVILEGED_USER if variant.as_root else os.geteuid()
            names = " ".join(["localhost", *hosts])
            settings = {
                "/etc/passwd": PASSWD % (user, user),
                "/etc/hosts": f"127.0.0.1 {names}\n".encode(),
                "/etc/nsswitch.conf": b"hosts: files\npasswd: files\n",
            }
            for path, content in settings.items():
                options += ["--perms", "0444", "--file", str(line.add_file(content)), path]
            bubblewrap.add_to(line, variant, environment_in(home, {}), limits, options)
        line.add(sys.executable, "-I", "-B", "-u", str(bubblewrap.MACHINE), str(package), str(control))
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device
            process = launch(line, CLEAN_ENVIRONMENT, log=nothing.fileno())
        ours.callback(process.wait)
        ours.callback(process.kill)
        connection.settimeout(START_SECONDS)
        try:
            first, descriptors, _, _ = socket.recv_fds(connection, 1, max(len(ports), 1))
        except OSError:
            first, descriptors = b"", []
        sockets = [socket.socket(fileno=each) for each in descriptors]
        for each in sockets:
            ours.callback(each.close)
        why_killed = (lambda: None) if group is None else group.why_killed
        if not first:
            raise MachineLost(why_killed() or "The sandbox could not be started.")
        connection.settimeout(ANSWER_SECONDS)
        if kind == "plain":
            sockets = [_listen(port, exact=exact_ports) for port in ports]
        return Machine(
            connection,
            process.kill,
            why_killed,
            ours.pop_all().close,
            kind=kind,
            home=home,
            ports={port: port_of(each) for port, each in zip(ports, sockets, strict=True)},
            listeners=dict(zip(ports, sockets, strict=True)),
            limits=limits,
        )


def _listen(port: int, *, exact: bool) -> socket.socket:
    """A socket that listens at the port, or at any free one."""
    try:
        return listen_at(port if exact else 0)
    except OSError as error:
        raise UsageError(
            f"Port {port} of this computer is taken, which the workflow needs: {error.strerror}."
        ) from None
