"""The stored pictures, and what caches in front of the service would still show of them."""

import secrets
import string
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from courseware.services.image_store.transformation import EXTENSIONS, Rendered, places, transform

PICTURES_KEPT = 200
CALLS_NOTED = 1000
BYTES_KEPT = 48 * 1024 * 1024
"""For the stored pictures, for those of the noted uploads, and for those in the cache."""
CACHED = 200
Kept = TypeVar("Kept")
LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class Upload:
    """A call of the upload API that was taken: where it went, the parameters as they came, and what they brought."""

    public_id: str
    parameters: Mapping[str, str]
    picture: Rendered
    received_at: datetime


@dataclass(frozen=True)
class Picture:
    """What is stored under a public id."""

    public_id: str
    version: int
    image: Rendered
    file_name: str
    asset_id: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def format(self) -> str:
        """As addresses name it."""
        return EXTENSIONS[self.image.format]


class Pictures:
    """The newest pictures, up to a number and a size; the oldest go first. It is used by several threads."""

    def __init__(self, cloud: str, now: Callable[[], float] = time.time) -> None:
        self.cloud = cloud
        self.now = now
        self.uploads_taken = 0
        """How many uploads were taken so far."""
        self.refused = 0
        """How many calls were refused so far."""
        self._uploads: list[Upload] = []
        self._refusals: list[str] = []
        self._changing = threading.RLock()
        self._kept: dict[str, Picture] = {}
        self._cache: dict[str, Rendered] = {}
        self._changes = 0

    def store(self, public_id: str, image: Rendered, file_name: str, *, invalidate: bool) -> Picture:
        """Stores a picture in place of what there is. Without `invalidate`, caches go on showing the old one."""
        with self._changing:
            before = self._kept.pop(public_id, None)
            version = max(int(self.now()), before.version + 1 if before else 0)
            picture = Picture(public_id, version, image, file_name)
            self._kept[public_id] = picture
            kept = bounded(self._kept.values(), PICTURES_KEPT, lambda each: len(each.image.content))
            self._kept = {each.public_id: each for each in kept}
            self._changed(public_id, invalidate)
        return picture

    def note(self, upload: Upload) -> None:
        """Keeps that an upload was taken, for checks that ask how."""
        with self._changing:
            self.uploads_taken += 1
            self._uploads = bounded([*self._uploads, upload], CALLS_NOTED, lambda each: len(each.picture.content))

    def uploads_after(self, number: int) -> list[Upload]:
        """The uploads after so many others, the oldest first; of many, or of large ones, the last that are kept."""
        with self._changing:
            count = self.uploads_taken - number
            return self._uploads[-count:] if count > 0 else []

    def note_refusal(self, reason: str) -> None:
        """Keeps in which words a call was refused, for checks that tell them."""
        with self._changing:
            self.refused += 1
            self._refusals = [*self._refusals, reason][-CALLS_NOTED:]

    def refusals_after(self, number: int) -> list[str]:
        """The reasons after so many others, the oldest first."""
        with self._changing:
            count = self.refused - number
            return self._refusals[-count:] if count > 0 else []

    def clear(self) -> None:
        """Forget everything that is kept."""
        with self._changing:
            self._kept, self._cache, self._uploads, self._refusals = {}, {}, [], []
            self._changes += 1

    def destroy(self, public_id: str, *, invalidate: bool) -> bool:
        """Removes a picture; whether there was one."""
        with self._changing:
            there_was = self._kept.pop(public_id, None) is not None
            self._changed(public_id, invalidate)
        return there_was

    def get(self, public_id: str) -> Picture | None:
        return self._kept.get(public_id)

    @property
    def all(self) -> tuple[Picture, ...]:
        """All that are kept, the oldest first."""
        with self._changing:
            return tuple(self._kept.values())

    @property
    def state(self) -> str:
        """Another one after every change."""
        return str(self._changes)

    def deliver(self, path: str) -> Rendered | None:
        """What a browser gets at this path: what caches keep, else the present picture, transformed.

        None where there is nothing. Raises WrongTransformation.
        """
        with self._changing:
            if path in self._cache:
                return self._cache[path]
        for place in places(path, self.cloud):
            picture = self.get(place.public_id)
            if picture is not None:
                rendered = picture.image
                if place.transformation or place.format not in (None, picture.format):
                    rendered = transform(picture.image.content, place.transformation, place.format)
                self._keep_in_cache(path, rendered)
                return rendered
        return None

    def _keep_in_cache(self, path: str, rendered: Rendered) -> None:
        with self._changing:
            self._cache[path] = rendered
            self._cache = dict(bounded(self._cache.items(), CACHED, lambda each: len(each[1].content)))

    def _changed(self, public_id: str, invalidate: bool) -> None:
        self._changes += 1
        if invalidate:
            for path in list(self._cache):
                if any(place.public_id == public_id for place in places(path, self.cloud)):
                    del self._cache[path]


def bounded(values: Iterable[Kept], number: int, size: Callable[[Kept], int]) -> list[Kept]:
    """The last of these values, at most so many, and together not larger than BYTES_KEPT; the last one in any case."""
    kept = list(values)[-number:]
    total = sum(map(size, kept))
    while total > BYTES_KEPT and len(kept) > 1:
        total -= size(kept.pop(0))
    return kept


def random_id() -> str:
    """A public id as the service makes one up."""
    return "".join(secrets.choice(LETTERS) for _ in range(20))


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
