"""Starts releases of an image on machines of the sandbox, as a platform would."""

import asyncio
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime

from courseware.base.errors import UsageError
from courseware.base.tree import Tree
from courseware.checking.application import Application
from courseware.checking.check import CheckFailed
from courseware.checking.deployment.image import Image
from courseware.checking.deployment.release import PlatformDatabase, Variables
from courseware.checking.http_client import HttpClient, HttpFailure
from courseware.checking.request import Request
from courseware.checking.time_limits import TimeLimits, slowdown
from courseware.course.model import PLATFORM_FACTS, Platform
from courseware.judging.deployment.layout import layout_of, program_folders, variables_of
from courseware.judging.deployment.postgres import Database, cluster
from courseware.judging.deployment.race import SECONDS as RACE_SECONDS
from courseware.judging.deployment.race import Race
from courseware.judging.sandbox import SandboxKind
from courseware.judging.sandbox.machine import Machine, MachineLost, MachineProcess, start_machine
from courseware.services.redis.service import Redis
from courseware.services.servers import listen_at, port_of

POSTGRESQL_PORT, REDIS_PORT = 5432, 6379
PORTS = (10000, 20000)
OUTSIDE = "127.0.0.2"
"""An address of the machine that a server on 127.0.0.1 alone does not have."""
HEALTH_SECONDS = 5.0
POLL_SECONDS = 0.05
LARGEST_FACTOR = 10.0
"""So many times as long a check waits at most on a busy machine: a judgement has a limit, too."""
USUAL_PORTS = (8000, 8080, 80, 5000, 3000)


def patience() -> float:
    """By what the time for a release is multiplied on this machine."""
    return min(slowdown(), LARGEST_FACTOR)


class Release:
    """A started release. It implements `courseware.checking.deployment.release.RunningRelease`."""

    def __init__(self, machine: Machine, port: int, seconds: float, limits: TimeLimits) -> None:
        self.machine = machine
        self.port = port
        self.seconds = seconds
        self.process: MachineProcess | None = None
        self._limits = limits
        self.stopping = ExitStack()
        self.stopping.callback(machine.close)

    def begin(self, words: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
        """Start the first process. Raises CheckFailed, `program_missing`."""
        try:
            self.process = self.machine.start(words, environment, folder)
        except MachineLost:
            raise
        except OSError as error:
            raise CheckFailed(
                "program_missing",
                asked=f"the start command {list(words)} in {folder}",
                expected="a program that is in the image",
                got=str(error),
            ) from None

    @property
    def application(self) -> Application:
        """For requests."""
        return Application(self, 0, self._limits)

    @property
    def log(self) -> str:
        """The end of what it printed."""
        return self._process.log

    def wait_healthy(self, path: str) -> tuple[str, str] | None:
        """None when it is healthy. Otherwise the key of the failure, and what came in words."""
        began = time.monotonic()
        problem = ("not_listening", f"nothing listens at port {self.port}")
        while True:
            try:
                if (code := self._process.poll()) is not None:
                    self._process.finish_log()
                    return "ended_early", f"the first process ended with the exit code {code}"
                problem = self._problem(path)
            except MachineLost as lost:
                return "ended_early", str(lost)
            if problem[0] in ("", "only_on_loopback"):
                return None if not problem[0] else problem
            if time.monotonic() - began > self.seconds * patience():  # the load changes while it starts
                elsewhere = [port for port in USUAL_PORTS if port != self.port and self._is_its_own(port)]
                hint = f", but something listens at port {elsewhere[0]}" if elsewhere else ""
                return problem[0], f"{problem[1]} after {self.seconds:g} s{hint}"
            time.sleep(POLL_SECONDS)

    def wait_ended(self, seconds: float) -> int | None:
        """The exit code of its first process, None while it runs."""
        with suppress(MachineLost):
            return self._process.wait(seconds)
        return None

    def is_listening(self, address: str = "127.0.0.1", port: int | None = None) -> bool:
        """Whether something accepts connections there."""
        try:
            self.machine.connect(port or self.port, address).close()
        except OSError:
            return False
        return True

    def terminate(self, seconds: float) -> tuple[int | None, bool]:
        """Send SIGTERM. The exit code, and whether a process is left after so many seconds."""
        try:
            until = time.monotonic() + seconds * patience()
            self._process.signal(signal.SIGTERM)
            code = self._process.wait(seconds * patience())
            while (is_left := self._process.has_left_something()) and time.monotonic() < until:
                time.sleep(POLL_SECONDS)
        except MachineLost:
            return None, False
        return code, is_left

    def stop(self) -> None:
        """End it at once. May be called again."""
        self.stopping.close()

    # What `Application` needs of a server.

    def connect(self, timeout: float, process: int = 0) -> socket.socket:  # noqa: ARG002 - the protocol has it
        connection = self.machine.connect(self.port)
        connection.settimeout(timeout)
        return connection

    def move_clock(self, to: datetime | None) -> None:  # noqa: ARG002 - the protocol has it
        raise TypeError("The clock of a release cannot be moved.")

    @property
    def log_position(self) -> int:
        return self._process.log_position

    def log_since(self, position: int) -> str:
        return self._process.log_since(position)

    @property
    def has_ended(self) -> bool:
        return self.machine.why_ended is not None or self.wait_ended(0) is not None

    @property
    def _process(self) -> MachineProcess:
        assert self.process is not None
        return self.process

    def _problem(self, path: str) -> tuple[str, str]:
        """What keeps it from being healthy now. The key is empty if nothing does."""
        if not self.is_listening():
            return "not_listening", f"nothing listens at port {self.port}"
        if not (self.machine.kind == "plain" and sys.platform == "darwin") and not self.is_listening(OUTSIDE):
            return "only_on_loopback", f"port {self.port} is open on 127.0.0.1 only, which a platform cannot reach"
        try:
            with self.connect(HEALTH_SECONDS) as connection:
                client = HttpClient(connection, HEALTH_SECONDS)
                client.send(Request("GET", path))
                client.receive()
        except HttpFailure as error:
            return "unhealthy", str(error)
        except MachineLost:
            raise
        except OSError as error:
            return "unhealthy", f"no answer ({error})"
        return ("", "") if client.status == 200 else ("unhealthy", f"{client.status} at {path}")

    def _is_its_own(self, port: int) -> bool:
        return self.machine.kind == "bubblewrap" and self.is_listening(port=port)


class Releases:
    """Starts releases of a project. It implements `courseware.checking.deployment.release.Platform`.

    `address` is where clients reach the project; by default each release itself.
    """

    def __init__(self, tree: Tree, platform: Platform, kind: SandboxKind, address: str | None = None) -> None:
        self.health = platform.health
        self.limits = TimeLimits()
        self._tree = tree
        self._platform = platform
        self._kind: SandboxKind = kind
        self._address = address
        self._releases: list[Release] = []
        self._databases: list[Database] = []
        self._is_over = False

    def database(self) -> Database:
        """A new empty database."""
        database = cluster().make()
        self._databases.append(database)
        return database

    def start(
        self,
        count: int,
        database: PlatformDatabase | None,
        variables: Variables,
        replaced: Mapping[str, bytes],
        *,
        redis: bool,
        port: int | None = None,
    ) -> Sequence[Release]:
        """Start the image so many times. Raises CheckFailed for one that has nothing to start.

        Raises UsageError where `port` is taken. Without one, each release gets a free port. Several releases of one
        database are brought together where they create its tables.
        """
        image = Image({**self._tree, **replaced})
        command = image.command
        if command is None:
            raise CheckFailed(
                "no_start_command",
                asked="the Dockerfile to be read",
                expected="CMD or ENTRYPOINT",
                got="neither of them in the last stage",
            )
        texts = {**self._platform.environment, **variables}
        if database is None and any("{postgresql" in (text or "") for text in texts.values()):
            database = self.database()
        layout = layout_of(image, self._kind)
        race = Race(count, RACE_SECONDS * patience()) if count > 1 else None
        prepared = []
        for _ in range(count):
            release = self._prepare(image, database, count, race, redis=redis, port=port)
            machine = release.machine
            facts = self._facts(release, database)
            environment = {
                name: text.format(**facts | {"secret": secrets.token_urlsafe(32)})
                for name, text in texts.items()
                if text is not None
            }
            own = variables_of(image)
            words, folder = list(command.words), f"{machine.root}{image.working_directory}"
            if self._kind == "plain":
                words = [layout.in_place(word, machine.home) for word in words]
                own = {name: layout.in_place(text, machine.home) for name, text in own.items()}
            variables_inside = machine.environment({**own, **environment}, program_folders(image, machine.root))
            prepared.append((release, words, variables_inside, folder))
        with ThreadPoolExecutor(count) as pool:
            for begun in [pool.submit(each[0].begin, each[1], each[2], each[3]) for each in prepared]:
                begun.result()
        return [each[0] for each in prepared]

    @property
    def log(self) -> str:
        """The end of what each release printed, one after the other."""
        return "\n".join(each.log for each in self._releases if each.process is not None)

    def end_releases(self) -> None:
        """End all that was started so far."""
        for release in self._releases:
            release.stop()
        for database in self._databases:
            database.drop()
        self._releases.clear()
        self._databases.clear()

    def end(self) -> None:
        """End all for good. May be called from another thread."""
        self._is_over = True
        for release in list(self._releases):
            release.machine.kill("The time for the judgement was over.")

    def _prepare(
        self,
        image: Image,
        database: PlatformDatabase | None,
        count: int,
        race: Race | None,
        *,
        redis: bool,
        port: int | None,
    ) -> Release:
        """A machine with the files of the image, on which nothing runs yet. It is one of `count` that start at once."""
        layout = layout_of(image, self._kind)
        ports = [POSTGRESQL_PORT] if database is not None else []
        machine = start_machine(
            image.files,
            kind=self._kind,
            ports=[*ports, *([REDIS_PORT] if redis else [])],
            folders=layout.folders,
            links=layout.links,
            inner_links=layout.inner_links,
        )
        seconds = self._platform.seconds * max(1.0, count / (os.cpu_count() or 1))
        release = Release(machine, self._port(port), seconds, self.limits)
        self._releases.append(release)
        if self._is_over:
            machine.kill("The time for the judgement was over.")
        if isinstance(database, Database):
            relay: asyncio.Server = database.cluster.serve(machine.listeners[POSTGRESQL_PORT], race=race)
            release.stopping.callback(database.cluster.stop_serving, relay)
        if redis:
            service = Redis()
            service.serve(machine.listeners[REDIS_PORT])
            release.stopping.callback(service.stop)
        return release

    def _port(self, wanted: int | None) -> int:
        """Where a release has to listen: in bubblewrap a port of its machine, otherwise one of this computer."""
        if self._kind == "bubblewrap":
            return wanted or PORTS[0] + secrets.randbelow(PORTS[1] - PORTS[0])
        try:
            with listen_at(wanted or 0) as listener:
                return port_of(listener)
        except OSError as error:
            raise UsageError(
                f"Port {wanted} of this computer is taken, which a check needs: {error.strerror}. End what uses it, "
                "such as `course run`, and check again."
            ) from None

    def _facts(self, release: Release, database: PlatformDatabase | None) -> dict[str, str]:
        ports = release.machine.ports
        known = {
            "port": str(release.port),
            "address": self._address or f"http://127.0.0.1:{release.port}",
            "redis": f"redis://127.0.0.1:{ports.get(REDIS_PORT, REDIS_PORT)}/0",
        }
        if isinstance(database, Database):
            known["postgresql_location"] = database.location(ports[POSTGRESQL_PORT])
            known["postgresql"] = f"postgres://{known['postgresql_location']}"
        return {fact: known.get(fact, "") for fact in PLATFORM_FACTS}
