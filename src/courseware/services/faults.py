"""Fault injection: a check makes a service fail in a chosen way and observes what the application does."""

import asyncio
from enum import StrEnum

POLL_SECONDS = 0.01


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

    async def wait_while_stalling(self) -> None:
        """Return as soon as the service no longer stalls."""
        while self.now is FaultMode.STALLS:
            await asyncio.sleep(POLL_SECONDS)
