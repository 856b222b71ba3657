"""A started application as the judge holds it: connections, its report, its clock, its log and its end."""

import json
import os
import selectors
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from courseware.base.processes import wait_until
from courseware.judging.sandbox.command import MIB, Limits, StartPhase, StartReport

MAXIMUM_CONTROL_BYTES = 2 * MIB
TEXT_CHARACTERS = 8_000
ANSWER_SECONDS = 2.0
STACK_SECONDS = 0.5
POLITE_SECONDS = 0.3
DEATH_SECONDS = 1.0
WATCH_SECONDS = 0.5
CHUNK = 64 * 1024
FAILURES: tuple[StartPhase, ...] = ("migrations", "import", "startup")
DOING = {
    "": "its Python was still starting",
    "migrations": "its migrations were still running",
    "import": "it was still being imported",
    "startup": "its startup code was still running",
}


class Process(Protocol):
    """Processes that live and end together."""

    def poll(self) -> int | None:
        """The exit code (negative: the signal that killed it), or None while they run."""

    def wait(self) -> int:
        """The exit code, when they have ended."""

    def kill(self) -> None:
        """Ends all of them at once. Has no effect on what has ended."""


class RunningApplication:
    """An application that was started, is up, or has ended. Whoever starts one must `stop` it.

    What comes from inside (log, report, answers) is the submission's word: bounded here, and never more than text.

    Args:
        process: what runs it.
        address: the file system path of the socket on which the application listens.
        control: the judge's end of the control socket.
        log: the reading end of the pipe that takes what the application prints.
        why_killed: says in words why the machine killed it, if it did (a control group knows).
        service_sockets: how many listening sockets the runner hands out before anything of the project runs.
        serve: takes them over.
        clean_up: removes what was made for this start.
    """

    def __init__(
        self,
        process: Process,
        *,
        address: str,
        control: socket.socket,
        log: int,
        limits: Limits,
        why_killed: Callable[[], str | None] = lambda: None,
        service_sockets: int = 0,
        serve: Callable[[Sequence[socket.socket]], None] = lambda _: None,
        clean_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._process = process
        self._address = address
        self._control = control
        self._log_pipe = log
        self._limits = limits
        self._why_killed = why_killed
        self._service_sockets = service_sockets
        self._serve = serve
        self._clean_up = clean_up
        self._changed = threading.Condition()
        self._log = bytearray()
        self._log_bytes = 0
        self._at = ""
        self._report: StartReport | None = None
        self._answers: dict[int, Any] = {}
        self._requests = 0
        self._pending: set[int] = set()
        self._control_bytes = 0
        self._ended: str | None = None
        self._stopped = False
        self._abandoned = False
        self._watcher = threading.Thread(target=self._watch, name="sandbox watcher", daemon=True)
        self._watcher.start()

    def connect(self, timeout: float) -> socket.socket:
        """A new connection, with this timeout in seconds. Before the application is up, what is sent waits for it.

        Raises OSError where the application is gone.
        """
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(timeout)
            connection.connect(self._address)
        except OSError:
            connection.close()
            raise
        return connection

    def wait_ready(self, timeout: float) -> StartReport:
        """How the start went, waiting for it at most `timeout` seconds. A failed start stays failed."""
        with self._changed:
            self._changed.wait_for(lambda: self._report is not None or self._ended is not None, timeout)
            if self._report is not None:
                return self._report
            if self._ended is not None:
                return StartReport("ended", f"{self._ended}\n{self._log_text()}"[-TEXT_CHARACTERS:].strip())
        stack = _text(self._ask("where", STACK_SECONDS))
        return StartReport("timeout", f"It was not up within {timeout:g} s: {DOING[self._at]}.\n{stack}".strip())

    def move_clock(self, to: datetime | None) -> None:
        """Puts the application's clock to this moment (timezone-aware), from where it runs on; None puts it right.

        An application that prevents this is killed: nothing could be judged by a clock that stands wrong.
        """
        timestamp = None if to is None else to.timestamp()
        if self.ended is None and self._ask("clock", ANSWER_SECONDS, to=timestamp) is NO_ANSWER:
            self._kill("It did not let its clock be moved.")

    def uncompiled_modules(self) -> list[str]:
        """The source files that it says to have imported without finding byte code for them."""
        answer = self._ask("uncompiled", ANSWER_SECONDS)
        return [path for path in answer if isinstance(path, str)] if isinstance(answer, list) else []

    @property
    def ended(self) -> str | None:
        """Why it ended, in words; None while it runs."""
        if self._ended is None and self._control_is_closed():
            # The watcher is about to find out.
            with self._changed:
                self._changed.wait_for(lambda: self._ended is not None, DEATH_SECONDS)
        return self._ended

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self.ended is not None

    @property
    def log(self) -> str:
        """The end of what it printed so far."""
        with self._changed:
            return self._log_text()

    @property
    def log_position(self) -> int:
        """How many bytes it has printed so far; `log_since` takes it."""
        with self._changed:
            return self._log_bytes

    def log_since(self, position: int) -> str:
        """What it printed after the log stood at `position`, as far as that is still kept."""
        with self._changed:
            fresh = self._log_bytes - position
            return self._log[-fresh:].decode(errors="replace") if fresh > 0 else ""

    def stop(self) -> None:
        """Ends the application with all its processes and removes what was made for it. May be called again."""
        if self._stopped:
            return
        self._stopped = True
        self._note_ended("It was stopped.")
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)  # the runner leaves when it sees that
        self._watcher.join(POLITE_SECONDS)
        self._kill("It was stopped.")
        self._process.wait()
        self._watcher.join(DEATH_SECONDS)
        self._abandoned = True  # a plain process that left its session may hold the pipe open for ever
        self._watcher.join()
        self._control.close()
        os.close(self._log_pipe)
        self._clean_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _log_text(self) -> str:
        return self._log.decode(errors="replace")

    def _control_is_closed(self) -> bool:
        try:
            return not self._control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _ask(self, action: str, seconds: float, **arguments: object) -> Any:
        """What the runner answers; NO_ANSWER where it does not in this time."""
        with self._changed:
            self._requests += 1
            number = self._requests
            self._pending.add(number)
        request = {"number": number, "do": action, "arguments": arguments}
        try:
            self._control.sendall(json.dumps(request).encode() + b"\n")
        except OSError:
            return NO_ANSWER
        with self._changed:
            self._changed.wait_for(lambda: number in self._answers or self._ended is not None, seconds)
            self._pending.discard(number)
            return self._answers.pop(number, NO_ANSWER)

    def _kill(self, reason: str) -> None:
        self._note_ended(reason)
        self._process.kill()

    def _note_ended(self, reason: str) -> None:
        with self._changed:
            self._ended = self._ended or reason
            self._changed.notify_all()

    def _watch(self) -> None:
        """Takes in the log and the control lines until both are at their end, which is when no process is left."""
        lines = b""
        os.set_blocking(self._log_pipe, False)
        if self._service_sockets:
            self._take_sockets()
        with selectors.DefaultSelector() as sources:
            sources.register(self._log_pipe, selectors.EVENT_READ)
            sources.register(self._control, selectors.EVENT_READ)
            while sources.get_map() and not self._abandoned:
                for key, _ in sources.select(WATCH_SECONDS):
                    if key.fileobj is not self._control:
                        if not self._take_log():
                            sources.unregister(key.fileobj)
                    elif chunk := self._read_control():
                        lines = self._take_lines(lines + chunk)
                    else:
                        sources.unregister(key.fileobj)
                        self._note_end()

    def _take_sockets(self) -> None:
        """Has the sockets served that the runner hands out. One that ends before has none to hand out."""
        with suppress(OSError):
            _, descriptors, _, _ = socket.recv_fds(self._control, 1, self._service_sockets)
            if descriptors:
                self._serve([socket.socket(fileno=descriptor) for descriptor in descriptors])

    def _take_log(self) -> bool:
        """Takes in what was printed. False at the end of it."""
        with suppress(BlockingIOError):
            while not self._abandoned and (chunk := os.read(self._log_pipe, CHUNK)):
                with self._changed:
                    self._log += chunk
                    self._log_bytes += len(chunk)
                    del self._log[: -self._limits.log_kept]
                if self._log_bytes > self._limits.log:
                    self._kill(f"It printed more than {self._limits.log // MIB} MiB.")
            return False
        return True

    def _read_control(self) -> bytes:
        try:
            return self._control.recv(CHUNK)
        except OSError:
            return b""

    def _take_lines(self, received: bytes) -> bytes:
        """Acts on the whole lines; returns the rest."""
        self._control_bytes += len(received)
        *whole, rest = received.split(b"\n")
        for line in whole:
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):
                message = None
            if not isinstance(message, dict):
                self._kill("It wrote into the sandbox's own channel.")
                return b""
            self._take_message(message)
        if self._control_bytes > MAXIMUM_CONTROL_BYTES:
            self._kill("It wrote into the sandbox's own channel.")
            return b""
        return rest

    def _take_message(self, message: dict[str, Any]) -> None:
        with self._changed:
            at, number, phase = message.get("at"), message.get("number"), message.get("phase")
            if isinstance(at, str) and at in DOING:
                self._at = at
            elif isinstance(number, int) and number in self._pending:
                self._answers[number] = message.get("answer")
            elif self._report is None and phase == "ready":
                self._report = StartReport("ready", "")
            elif self._report is None and phase in FAILURES:
                self._report = StartReport(phase, _text(message.get("text")))
            self._changed.notify_all()

    def _note_end(self) -> None:
        """Finds out why the control socket was closed: the runner is gone, or something inside shut it off."""
        wait_until(lambda: self._process.poll() is not None, POLITE_SECONDS)
        self._take_log()
        self._kill(self._why_killed() or _how_it_ended(self._process.poll()))


class _NoAnswer:
    def __bool__(self) -> bool:
        return False


NO_ANSWER = _NoAnswer()


def _text(value: object) -> str:
    return value[-TEXT_CHARACTERS:] if isinstance(value, str) else ""


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "It closed the sandbox's own channel."
    number = -code if code < 0 else code - 128  # bubblewrap says 128 + the signal, as shells do
    if number > 0:
        with suppress(ValueError):
            return f"The process was killed by {signal.Signals(number).name}."
    return f"The process ended by itself with exit code {code}."
