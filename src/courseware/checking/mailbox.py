"""The mailbox as a check sees it: the messages that really arrived, and the moods in which it takes none."""

from typing import TYPE_CHECKING

from courseware.checking.failure import CheckFailed

if TYPE_CHECKING:
    from courseware.services.mailbox.mailbox import Mailbox as Service
    from courseware.services.mailbox.messages import Message
    from courseware.services.mood import Mood

MESSAGE_SECONDS = 3.0


class Mailbox:
    """What the application sends arrives here. Checks share it, so each writes to an address of its own."""

    def __init__(self, service: "Service") -> None:
        self._service = service

    def messages_to(self, address: str) -> "list[Message]":
        """The messages that arrived for this address so far, the oldest first."""
        return [message for message in self._service.messages.all if _is_for(message, address)]

    def wait_for(self, address: str, *, after: int = 0, key: str = "no_message") -> "Message":
        """The message for this address that comes after so many others. Fails the check where none comes in time."""
        wanted = self._service.messages.wait_for(lambda _: len(self.messages_to(address)) > after, MESSAGE_SECONDS)
        if wanted is None:
            raise CheckFailed(
                key,
                asked=f"a message to {address}",
                expected=f"that it arrives within {MESSAGE_SECONDS:g} s",
                got="none" if not after else f"{after} before, and none since",
            )
        return self.messages_to(address)[after]

    def become(self, mood: "Mood") -> None:
        """Takes messages, or refuses, stalls or drops, until the check is over."""
        self._service.become(mood)


def _is_for(message: "Message", address: str) -> bool:
    return address.lower() in (recipient.lower() for recipient in message.recipients)
