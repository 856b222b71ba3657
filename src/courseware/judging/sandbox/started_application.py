"""A started application as the judge holds it: connections, its report, its clock, its log and its end."""

import os
import selectors
import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from courseware.base.errors import UsageError
from courseware.base.processes import wait_until
from courseware.judging.sandbox.command import MIB, Limits, StartReport
from courseware.judging.sandbox.control import CHUNK, NO_ANSWER, TEXT_CHARACTERS, ControlChannel, text
from courseware.judging.sandbox.database_shell import DatabaseShell

ANSWER_SECONDS = 10.0
MIGRATION_SECONDS = 60.0
STACK_SECONDS = 0.5
POLITE_SECONDS = 0.3
DEATH_SECONDS = 1.0
WATCH_SECONDS = 0.5


class Process(Protocol):
    """Processes that live and end together."""

    def poll(self) -> int | None:
        """The exit code (negative: the signal that killed it), or None while they run."""

    def wait(self) -> int:
        """The exit code, when they have ended."""

    def kill(self) -> None:
        """Ends all of them at once. Has no effect on what has ended."""


class RunningApplication:
    """An application that was started, is up, or has ended. The caller must `stop` it.

    What comes from inside (log, report, answers) is the submission's word: bounded here, and never more than text.

    Args:
        process: what runs all its processes.
        addresses: for each process the file system path of the socket on which it listens.
        controls: for each process the judge's end of its control socket.
        log: the reading end of the pipe that takes what the application prints.
        why_killed: says in words why the machine killed it, if it did (a control group knows).
        service_sockets: how many listening sockets the first process hands out before anything of the project runs.
        serve: takes them over.
        has_database: whether it also hands out the socket of the process that works on the database.
        clean_up: removes what was made for this start.
    """

    def __init__(
        self,
        process: Process,
        *,
        addresses: Sequence[str],
        controls: Sequence[socket.socket],
        log: int,
        limits: Limits,
        why_killed: Callable[[], str | None] = lambda: None,
        service_sockets: int = 0,
        serve: Callable[[Sequence[socket.socket]], None] = lambda _: None,
        has_database: bool = False,
        clean_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._process = process
        self._addresses = addresses
        self._log_pipe = log
        self._limits = limits
        self._why_killed = why_killed
        self._service_sockets = service_sockets
        self._serve = serve
        self._has_database = has_database
        self._database: DatabaseShell | None = None
        self._clean_up = clean_up
        self._changed = threading.Condition()
        self._log = bytearray()
        self._log_bytes = 0
        self._ended: str | None = None
        self._channels = [ControlChannel(each, self._changed, lambda: self._ended is not None) for each in controls]
        self._stopped = False
        self._abandoned = False
        self._watcher = threading.Thread(target=self._watch, name="sandbox watcher", daemon=True)
        self._watcher.start()

    def connect(self, timeout: float, process: int = 0) -> socket.socket:
        """A new connection to one of the processes, with this timeout in seconds.

        Before the process is up, what is sent waits for it. Raises OSError where the application is gone.
        """
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(timeout)
            connection.connect(self._addresses[process])
        except OSError:
            connection.close()
            raise
        return connection

    def wait_ready(self, timeout: float) -> StartReport:
        """How the start went, waiting at most `timeout` seconds for each process. A failed start stays failed."""
        for number, channel in enumerate(self._channels, start=1):
            report = self._wait_for(channel, timeout)
            if report.phase != "ready":
                return report if number == 1 else StartReport(report.phase, f"In process {number}: {report.text}")
        return report

    def _wait_for(self, channel: ControlChannel, timeout: float) -> StartReport:
        with self._changed:
            self._changed.wait_for(lambda: channel.report is not None or self._ended is not None, timeout)
            if channel.report is not None:
                return channel.report
            if self._ended is not None:
                return StartReport("ended", f"{self._ended}\n{self._log_text()}"[-TEXT_CHARACTERS:].strip())
        stack = text(channel.ask("where", STACK_SECONDS))
        return StartReport("timeout", f"It was not up within {timeout:g} s: {channel.doing}.\n{stack}".strip())

    def move_clock(self, to: datetime | None) -> None:
        """Puts the clock of all processes to this moment (timezone-aware), from where it runs on; None puts it right.

        An application that prevents this is killed: nothing could be judged by a clock that stands wrong.
        """
        timestamp = None if to is None else to.timestamp()
        for channel in self._channels:
            if self.ended is None and channel.ask("clock", ANSWER_SECONDS, to=timestamp) is NO_ANSWER:
                self._kill("Its clock could not be moved.")

    def ask_database(self, request: Mapping[str, object]) -> Mapping[str, Any]:
        """What the process that works on the database answers; {"error": words} where it cannot.

        Raises UsageError for an application for which the course names no database.
        """
        self._require_database()
        return {"error": "the application has ended"} if self._database is None else self._database.ask(request)

    def record_sql(self) -> None:
        """Record the SQL that the application sends from now on. Raises UsageError like `ask_database`."""
        self._require_database()
        for channel in self._channels:
            channel.ask("record_sql", ANSWER_SECONDS)

    def recorded_sql(self) -> Mapping[str, Any]:
        """Stop that. The `statements` of one process after the other, as texts, and their `count`.

        {"error": words} where there is no record. It is the submission's word.
        """
        statements: list[str] = []
        count = 0
        for channel in self._channels:
            match channel.ask("recorded_sql", ANSWER_SECONDS):
                case {"statements": list(texts), "count": int(number)} if all(isinstance(each, str) for each in texts):
                    statements += texts
                    count += number
                case _:
                    return {"error": "the application did not let its SQL be recorded"}
        return {"statements": statements, "count": count}

    def check_migrations(self) -> tuple[int, str]:
        """The exit code of `alembic check` in the sandbox, and the end of what it said. It is the submission's word."""
        match self._channels[0].ask("check_migrations", MIGRATION_SECONDS):
            case {"code": int(code), "said": str(said)}:
                return code, said
            case _:
                return 1, "alembic check does not come to an end"

    def uncompiled_modules(self) -> list[str]:
        """The source files that it says to have imported without finding byte code for them."""
        answer = self._channels[0].ask("uncompiled", ANSWER_SECONDS)
        return [path for path in answer if isinstance(path, str)] if isinstance(answer, list) else []

    @property
    def ended(self) -> str | None:
        """Why it ended, in words; None while all its processes run."""
        if self._ended is None and any(channel.is_closed for channel in self._channels):
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

    def end(self, reason: str) -> None:
        """Ends all its processes at once. May be called from another thread; `stop` is still to be called."""
        self._kill(reason)

    def stop(self) -> None:
        """Ends the application with all its processes and removes what was made for it. May be called again."""
        if self._stopped:
            return
        self._stopped = True
        self._note_ended("It was stopped.")
        for channel in self._channels:
            with suppress(OSError):
                channel.connection.shutdown(socket.SHUT_WR)  # the runner leaves when it sees that
        self._watcher.join(POLITE_SECONDS)
        self._kill("It was stopped.")
        self._process.wait()
        self._watcher.join(DEATH_SECONDS)
        self._abandoned = True  # a plain process that left its session may hold the pipe open for ever
        self._watcher.join()
        for channel in self._channels:
            channel.connection.close()
        if self._database is not None:
            self._database.close()
        os.close(self._log_pipe)
        self._clean_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _require_database(self) -> None:
        if not self._has_database:
            raise UsageError("A check looks at the database, but there is no SQLite file of [application.database].")

    def _log_text(self) -> str:
        return self._log.decode(errors="replace")

    def _kill(self, reason: str) -> None:
        self._note_ended(reason)
        self._process.kill()

    def _note_ended(self, reason: str) -> None:
        with self._changed:
            self._ended = self._ended or reason
            self._changed.notify_all()

    def _watch(self) -> None:
        """Takes in the log and the control lines until all are at their end, which is when no process is left."""
        os.set_blocking(self._log_pipe, False)
        if self._service_sockets or self._has_database:
            self._take_sockets()
        with selectors.DefaultSelector() as sources:
            sources.register(self._log_pipe, selectors.EVENT_READ)
            for channel in self._channels:
                sources.register(channel.connection, selectors.EVENT_READ, channel)
            while sources.get_map() and not self._abandoned:
                for key, _ in sources.select(WATCH_SECONDS):
                    if not (self._take_log() if key.data is None else self._take_control(key.data)):
                        sources.unregister(key.fileobj)

    def _take_sockets(self) -> None:
        """Takes over the sockets that the runner hands out. One that ends before has none to hand out."""
        with suppress(OSError):
            most = self._service_sockets + self._has_database
            _, descriptors, _, _ = socket.recv_fds(self._channels[0].connection, 1, most)
            sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
            if sockets and self._has_database:
                self._database = DatabaseShell(sockets.pop())
            if sockets:
                self._serve(sockets)

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

    def _take_control(self, channel: ControlChannel) -> bool:
        """Takes in what a process says. False at the end of it."""
        try:
            if channel.take():
                return True
        except ValueError:
            self._kill("It wrote into the sandbox's own channel.")
            return True
        self._note_end()
        return False

    def _note_end(self) -> None:
        """Finds out why the control socket was closed: the runner is gone, or something inside shut it off."""
        wait_until(lambda: self._process.poll() is not None, POLITE_SECONDS)
        self._take_log()
        code = self._process.poll()
        if code is not None:
            how = _how_it_ended(code)
        elif len(self._channels) > 1:
            how = "One of its processes ended."
        else:
            how = "It closed the sandbox's own channel."
        self._kill(self._why_killed() or how)


def _how_it_ended(code: int) -> str:
    number = -code if code < 0 else code - 128  # bubblewrap says 128 + the signal, as shells do
    if number > 0:
        with suppress(ValueError):
            return f"The process was killed by {signal.Signals(number).name}."
    return f"The process ended by itself with exit code {code}."
