"""The image store as a check sees it: what was really uploaded, what it shows, and the moods in which it fails."""

from typing import TYPE_CHECKING

from courseware.checking.failure import CheckFailed
from courseware.checking.waiting import wait_until

if TYPE_CHECKING:
    from courseware.services.image_store.image_store import ImageStore as Service
    from courseware.services.image_store.pictures import Upload
    from courseware.services.image_store.transformation import Rendered
    from courseware.services.mood import Mood

CALL_SECONDS = 3.0


class ImageStore:
    """Where the application uploads pictures. Checks share it; each is told of what came since it began."""

    def __init__(self, service: "Service") -> None:
        self._service = service
        self._uploads_before = len(service.pictures.uploads)
        self._refusals_before = len(service.pictures.refusals)

    @property
    def uploads(self) -> "list[Upload]":
        """The uploads that the store has taken since this check began, the oldest first."""
        return self._service.pictures.uploads[self._uploads_before :]

    def only_upload(self, *, asked: str, key: str = "no_upload") -> "Upload":
        """The one upload since this check began. Fails the check where there is none, or more."""
        uploads = self.uploads
        if len(uploads) != 1:
            refused = "".join(f"; it refused: {reason}" for reason in self.refusals[-1:])
            raise CheckFailed(
                key, asked=asked, expected="one upload that the store takes", got=f"{len(uploads) or 'none'}{refused}"
            )
        return uploads[0]

    @property
    def refusals(self) -> list[str]:
        """In which words the store has refused uploads since this check began, such as those with a wrong signature."""
        return self._service.pictures.refusals[self._refusals_before :]

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

    def become(self, mood: "Mood") -> None:
        """Takes uploads, or refuses, stalls or drops, until the check is over."""
        self._service.become(mood)

    def recover(self) -> None:
        """Is well again. What still waits is dropped: nobody expects it any more, least of all the next check."""
        from courseware.services.mood import Mood

        self._service.become(Mood.DROPS)
        wait_until(lambda: not self._service.waiting, CALL_SECONDS)
        self._service.become(Mood.WELL)

    def wait_until_called(self, *, asked: str, key: str = "no_upload") -> None:
        """Returns when an upload waits at the stalling store. Fails the check where none comes in time."""
        if not wait_until(lambda: self._service.waiting > 0, CALL_SECONDS):
            raise CheckFailed(key, asked=asked, expected=f"an upload within {CALL_SECONDS:g} s", got="none")
