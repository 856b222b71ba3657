"""How a service treats whoever comes: a check can make one unwell, to see what the application does then."""

import asyncio
from enum import StrEnum

POLL_SECONDS = 0.01


class Mood(StrEnum):
    """What a service does from now on, to new connections and to those that stand.

    What refusing and dropping mean in a service's own protocol, the service says.
    """

    WELL = "well"
    REFUSES = "refuses"
    STALLS = "stalls"
    DROPS = "drops"


class Moods:
    """A service's present mood. It is set and asked in any thread."""

    def __init__(self) -> None:
        self.now = Mood.WELL
        self.waiting = 0
        """How many wait at the moment because the service stalls."""

    async def wait_while_stalling(self) -> None:
        """Returns when the service does not stall any more."""
        while self.now is Mood.STALLS:
            await asyncio.sleep(POLL_SECONDS)
