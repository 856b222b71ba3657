"""Servers in the background: an event loop in a thread of its own, which ends with all that runs on it."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

Result = TypeVar("Result")
SECONDS = 5.0


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
    """A client that goes away in the middle is nothing that anybody at the terminal must be told."""
