"""What all services share: fault injection, listening sockets, free ports, and an event loop in the background."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress
from enum import StrEnum
from typing import Any, TypeVar

from courseware.base.errors import UsageError

POLL_SECONDS = 0.01
HOST = "127.0.0.1"
"""Where everything of the course listens: this machine's own address, which no other machine reaches."""
Listener = socket.socket
BACKLOG = 128
Result = TypeVar("Result")
SECONDS = 5.0


class FaultMode(StrEnum):
    """How a service treats connections, both new ones and those that are open.

    NONE works normally, REFUSES answers with an error, STALLS does not answer, DROPS closes the connection. The service
    documents what an error and a closed connection mean in its protocol.
    """

    NONE = "none"
    REFUSES = "refuses"
    STALLS = "stalls"
    DROPS = "drops"


class FaultState:
    """The fault mode that a service is in. Any thread may read and set it."""

    def __init__(self) -> None:
        self.now = FaultMode.NONE
        self.waiting = 0
        """The number of requests that wait because the service stalls."""
        self.given_up = 0
        """The number of requests that have waited so until the client closed the connection."""

    async def wait_while_stalling(self) -> None:
        """Return as soon as the service no longer stalls. Is cancelled where the client closes the connection."""
        if self.now is not FaultMode.STALLS:
            return
        self.waiting += 1
        try:
            while self.now is FaultMode.STALLS:
                await asyncio.sleep(POLL_SECONDS)
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        finally:
            self.waiting -= 1


def listen(usual: int) -> Listener:
    """A socket that listens on the `usual` port, or on any free one when that is taken; 0 stands for any."""
    with suppress(OSError):
        return listen_at(usual)
    return listen_at(0)


def listen_at(port: int) -> Listener:
    """A socket that listens on this port. Raises OSError where it is taken."""
    return socket.create_server((HOST, port), backlog=BACKLOG)


def port_of(listener: Listener) -> int:
    port: int = listener.getsockname()[1]
    return port


class Background:
    """An event loop that runs in a thread from now until `stop`."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_say_nothing)
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What `work` returns or raises, after it was done on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    def stop(self) -> None:
        """Ends whatever still runs, then the loop and the thread. May be called again."""
        if self._loop.is_closed():
            return
        with suppress(TimeoutError):
            self.run(_end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        if not self._thread.is_alive():
            self._loop.close()


async def _end_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()


def _say_nothing(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Print nothing about a client that closes the connection in the middle."""


def choose_port(wanted: int | None, usual: int) -> int:
    """The `wanted` port, or else the `usual` one, or any free one when that is taken.

    Raises UsageError if the requested port is in use, because the caller relies on it.
    """
    if wanted is not None:
        if not is_free(wanted):
            raise UsageError(f"Port {wanted} is taken by another program. Choose another one, or leave --port out.")
        return wanted
    return usual if is_free(usual) else free_port()


def is_free(port: int) -> bool:
    """Whether a server could listen on this port right now."""
    with socket.socket() as probe:
        # As servers do it: a port whose last connections are only just closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
        return True


def free_port() -> int:
    """A port that the operating system has just found free."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
