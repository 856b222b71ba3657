"""The mailbox and the image store as a check sees them: what really arrived, and the faults that a check injects."""

import time
from typing import TYPE_CHECKING

from courseware.base.processes import wait_until
from courseware.checking.check import CheckFailed
from courseware.checking.time_limits import STATED_SECONDS, TimeLimits

if TYPE_CHECKING:
    from courseware.services.image_store.service import ImageStore as ImageStoreService
    from courseware.services.image_store.stored_images import Upload
    from courseware.services.image_store.transformation import Rendered
    from courseware.services.mailbox.messages import Message
    from courseware.services.mailbox.service import Mailbox as MailboxService
    from courseware.services.servers import FaultMode

RECOVERY_SECONDS = 3.0
LAG_SECONDS = 0.1
"""A client may close its connection a little later than it gives up, and the mailbox sees that later still."""


class Mailbox:
    """What the application sends arrives here. Checks share it, so each writes to an address of its own."""

    def __init__(self, service: "MailboxService", time_limits: TimeLimits | None = None) -> None:
        self._service = service
        self._limits = TimeLimits() if time_limits is None else time_limits
        self._given_up = service.given_up

    def messages_to(self, address: str) -> "list[Message]":
        """The messages that arrived for this address so far, the oldest first."""
        return [message for message in self._service.messages.all if _is_for(message, address)]

    def wait_for(self, address: str, *, after: int = 0, key: str = "no_message") -> "Message":
        """The message for this address after a number of others. Fails the check if none arrives in time."""
        newest = self._service.messages.wait_for(lambda _: len(self.messages_to(address)) > after, self._limits.seconds)
        if not self._limits.noted(newest is not None):
            raise CheckFailed(
                key,
                asked=f"a message to {address}",
                expected=f"that it arrives within {STATED_SECONDS:g} s",
                got="none" if not after else f"{after} before, and none since",
            )
        return self.messages_to(address)[after]

    def set_fault(self, mode: "FaultMode") -> None:
        """Takes messages, or refuses, stalls or drops, until the check is over."""
        self._given_up = self._service.given_up
        self._service.set_fault(mode)

    def is_waited_for(self) -> bool:
        """Whether the application waits for a word of the mailbox, which stalls, now or soon.

        It does not where it has given the mailbox up since the fault was set. So an answer that comes while the mailbox
        is waited for is known not to have waited itself, however slow the machine is.
        """
        self._limits.wait_until(lambda: self._service.waiting > 0 or self._service.given_up > self._given_up)
        time.sleep(LAG_SECONDS)
        return self._limits.noted(self._service.waiting > 0)


def _is_for(message: "Message", address: str) -> bool:
    return address.lower() in (recipient.lower() for recipient in message.recipients)


class ImageStore:
    """Where the application uploads pictures. Checks share it; each is told of what came since it began."""

    def __init__(self, service: "ImageStoreService", time_limits: TimeLimits | None = None) -> None:
        self._service = service
        self._limits = TimeLimits() if time_limits is None else time_limits
        self._uploads_before = service.pictures.uploads_taken
        self._refusals_before = service.pictures.refused

    @property
    def uploads(self) -> "list[Upload]":
        """The uploads that the store has taken since this check began, the oldest first."""
        return self._service.pictures.uploads_after(self._uploads_before)

    def only_upload(self, *, asked: str, key: str = "no_upload") -> "Upload":
        """The one upload since this check began. Fails the check where there is none, or more."""
        uploads = self.uploads
        count = self._service.pictures.uploads_taken - self._uploads_before
        if count != 1:
            refused = "".join(f"; it refused: {reason}" for reason in self.refusals[-1:])
            raise CheckFailed(
                key, asked=asked, expected="one upload that the store takes", got=f"{count or 'none'}{refused}"
            )
        return uploads[0]

    def last_upload(self, *, asked: str, key: str = "no_upload") -> "Upload":
        """The last upload since this check began. Fails the check where there is none."""
        if not self.uploads:
            refused = "".join(f"; it refused: {reason}" for reason in self.refusals[-1:])
            raise CheckFailed(key, asked=asked, expected="an upload that the store takes", got=f"none{refused}")
        return self.uploads[-1]

    @property
    def refusals(self) -> list[str]:
        """In which words the store has refused uploads since this check began, such as those with a wrong signature."""
        return self._service.pictures.refusals_after(self._refusals_before)

    def shown_at(self, address: str, *, asked: str, key: str = "no_picture") -> "Rendered":
        """What a browser gets at the address that an application tells. Fails the check where that is no picture."""
        from courseware.services.image_store.transformation import WrongTransformation

        try:
            shown = self._service.delivered(address)
            got = "none"
        except WrongTransformation as wrong:
            shown, got = None, str(wrong)
        if shown is None:
            raise CheckFailed(key, asked=asked, expected=f"a picture of this store at {address}", got=got)
        return shown

    def set_fault(self, mode: "FaultMode") -> None:
        """Takes uploads, or refuses, stalls or drops, until the check is over."""
        self._service.set_fault(mode)

    def recover(self) -> None:
        """End the fault. Requests that still wait are dropped, so that they cannot affect the next check."""
        from courseware.services.servers import FaultMode

        self._service.set_fault(FaultMode.DROPS)
        wait_until(lambda: not self._service.waiting, RECOVERY_SECONDS)
        self._service.set_fault(FaultMode.NONE)

    def wait_until_called(self, *, asked: str, key: str = "no_upload") -> None:
        """Returns when an upload waits at the stalling store. Fails the check where none comes in time."""
        if not self._limits.wait_until(lambda: self._service.waiting > 0):
            raise CheckFailed(key, asked=asked, expected=f"an upload within {STATED_SECONDS:g} s", got="none")
