"""Hosts a student's project on this machine as a platform would: releases, a health check, a route, a rollback."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from courseware.base.text import printable
from courseware.base.tree import Tree
from courseware.checking.check import CheckFailed
from courseware.course.model import Platform
from courseware.judging.deployment.postgres import Database, cluster
from courseware.judging.deployment.releases import Release, Releases
from courseware.judging.sandbox import SandboxKind
from courseware.services.servers import HOST, Background, Listener

CHUNK = 64 * 1024
LOG_SECONDS = 0.2
STOP_SECONDS = 10.0
NOT_AVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class _Hosted:
    """A release that was healthy, with what it was made from. `number` counts all that were tried."""

    number: int
    tree: Tree
    releases: Releases
    release: Release


class Hosting:
    """A project that is served at one address, by the last release that became healthy.

    All releases share one database, as on a platform. A new release takes over only when it is healthy. Then the old
    one gets SIGTERM.

    Args:
        listener: the socket at which clients reach the project.
        say: is told what happens, and what the releases print, line by line.
    """

    def __init__(
        self, platform: Platform, kind: SandboxKind, listener: Listener, say: Callable[[str], None] = print
    ) -> None:
        self.address = f"http://{HOST}:{listener.getsockname()[1]}"
        self._platform = platform
        self._kind: SandboxKind = kind
        self._say = say
        self._tried = 0
        self._serving: _Hosted | None = None
        self._healthy: list[tuple[int, Tree]] = []
        with ExitStack() as stack:
            self._database: Database | None = None
            if any("{postgresql}" in text for text in platform.environment.values()):
                self._database = cluster().make()
                stack.callback(self._database.drop)
            self._background = Background("route")
            stack.callback(self._background.stop)
            route = self._background.run(asyncio.start_server(self._route, sock=listener))
            stack.callback(lambda: self._background.run(_close(route)))
            self._stack = stack.pop_all()

    @property
    def serving(self) -> int | None:
        """The number of the release that is served."""
        return None if self._serving is None else self._serving.number

    def deploy(self, tree: Tree) -> bool:
        """Start a release of the project, and route clients to it when it is healthy. Whether it is.

        Otherwise it is ended, and clients keep the release that they have.
        """
        self._tried += 1
        number = self._tried
        self._say(f"Release {number}: starting.")
        releases = Releases(tree, self._platform, self._kind, self.address)
        try:
            release = releases.start(1, self._database, {}, {}, redis=True)[0]
        except CheckFailed as failed:
            self._give_up(releases, number, f"{failed.got} (expected: {failed.expected})")
            return False
        except BaseException:
            releases.end_releases()
            raise
        threading.Thread(target=self._follow, args=(number, release), name="release log", daemon=True).start()
        try:
            problem = release.wait_healthy(self._platform.health)
        except BaseException:
            releases.end_releases()
            raise
        if problem is not None:
            self._give_up(releases, number, problem[1])
            return False
        before, self._serving = self._serving, _Hosted(number, tree, releases, release)
        self._healthy.append((number, tree))
        self._say(f"Release {number}: healthy. It is served at {self.address}")
        if before is not None:
            self._end(before)
        return True

    def roll_back(self) -> bool:
        """Deploy the files of the healthy release before the one that is served. Whether that is healthy too.

        The database stays as it is: a platform does not undo migrations.
        """
        if len(self._healthy) < 2:
            self._say("There is no earlier healthy release.")
            return False
        self._healthy.pop()
        number, tree = self._healthy.pop()
        self._say(f"Rolling back to the files of release {number}.")
        return self.deploy(tree)

    def _give_up(self, releases: Releases, number: int, why: str) -> None:
        releases.end_releases()
        self._say(f"Release {number}: failed. {printable(why)}")
        kept = "No release is served." if self.serving is None else f"Release {self.serving} is still served."
        self._say(kept)

    def _end(self, hosted: _Hosted) -> None:
        code, is_left = hosted.release.terminate(STOP_SECONDS)
        if code is None or is_left:
            self._say(f"Release {hosted.number}: did not end within {STOP_SECONDS:g} s after SIGTERM. It was killed.")
        else:
            self._say(f"Release {hosted.number}: ended after SIGTERM.")
        hosted.releases.end_releases()

    def _follow(self, number: int, release: Release) -> None:
        """Say what a release prints, until it is ended."""
        position, rest = 0, ""
        over = False
        while not over:
            over = release.machine.why_ended is not None
            text = release.log_since(position)
            position = release.log_position
            *lines, rest = (rest + text).split("\n")
            for line in lines:
                self._say(f"{number} | {printable(line)}")
            threading.Event().wait(LOG_SECONDS)

    async def _route(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay a connection to the release that is served now."""
        serving = self._serving
        try:
            if serving is None:
                raise ConnectionRefusedError
            connection = await asyncio.to_thread(serving.release.machine.connect, serving.release.port)
            from_release, to_release = await asyncio.open_connection(sock=connection)
        except OSError:
            with suppress(OSError):
                writer.write(NOT_AVAILABLE)
                await writer.drain()
            writer.close()
            return
        try:
            await asyncio.gather(_copy(reader, to_release), _copy(from_release, writer))
        finally:
            to_release.close()
            writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._serving is not None:
            self._serving.releases.end_releases()
        self._stack.close()


async def _close(route: asyncio.Server) -> None:
    route.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass on what comes, up to its end."""
    with suppress(OSError):
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()
    target.close()
