"""Brings starts together at the statement where they would collide, in place of a race that is won by chance."""

import asyncio
from contextlib import suppress

STATEMENT = b"CREATE TABLE"
SECONDS = 3.0
"""So long a connection waits for the others. Where a lock keeps them back, only one comes."""


class Race:
    """Holds back the first `CREATE TABLE` of each connection until all starts have sent theirs, or for a time.

    Starts that do not wait for each other then all create the same tables at the same moment.

    Args:
        starts: how many of them are expected.
        seconds: how long the first waits for the others.
    """

    def __init__(self, starts: int, seconds: float) -> None:
        self._missing = starts
        self._seconds = seconds
        self._all_there = asyncio.Event()

    def connection(self) -> "RacingConnection":
        """A new connection of a start."""
        return RacingConnection(self)

    async def arrive(self) -> None:
        """Wait for the others."""
        self._missing -= 1
        if self._missing <= 0:
            self._all_there.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_there.wait(), self._seconds)
        self._all_there.set()  # the time is over for all


class RacingConnection:
    """Looks through what a client sends on one connection."""

    def __init__(self, race: Race) -> None:
        self._race = race
        self._tail = b""
        self._has_arrived = False

    async def before_sending(self, chunk: bytes) -> None:
        """Return when the chunk may be sent."""
        if self._has_arrived:
            return
        if STATEMENT in (self._tail + chunk).upper():
            self._has_arrived = True
            await self._race.arrive()
        self._tail = chunk[-len(STATEMENT) :]
