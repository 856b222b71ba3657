"""Messages that arrived, kept in memory, and what can be read in them. Whatever they say, to read them never fails."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message as Part
from email.policy import Compat32
from functools import cached_property
from itertools import islice

MESSAGES_KEPT = 200
BYTES_KEPT = 32 * 1024 * 1024
HEADER_CHARACTERS = 2_000
PARTS = 100
PART_LINES = 500
READ_BYTES = 256 * 1024
"""Of a message so much is parsed: Python's parser takes seconds for some messages of 2 MiB."""
COMPARISONS = 1_000_000
"""How often the parser may compare a line with the boundary of a part around it."""
# Among Python's codecs are some that are slow on purpose-made text, or give what is no text.
KNOWN_CHARSET = re.compile(r"utf-?8|(us-)?ascii|utf-16(le|be)?|iso-8859-\d+|windows-125\d|koi8-[ru]", re.IGNORECASE)


class ShortHeaders(Compat32):
    """Cuts headers off: a long one can keep Python's parser busy for hours."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:HEADER_CHARACTERS]


@dataclass(frozen=True)
class Message:
    """One message. `sender` and `recipients` are what was said to the server, not what stands in the headers.

    `user` is the name with which the client had logged in, empty if it had not.
    """

    number: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    user: str = ""

    @property
    def subject(self) -> str:
        return self.header("Subject")

    def header(self, name: str) -> str:
        """The first header of this name, decoded; empty if there is none."""
        value = str(self._parsed[0].get(name, ""))
        try:
            decoded = str(make_header(decode_header(value)))
        except (ValueError, LookupError, MessageError):  # an encoding that does not exist, or that it is not in
            decoded = value
        return _whole(" ".join(decoded.split()))

    @cached_property
    def html(self) -> str | None:
        """The first part that is HTML."""
        return self._first("text/html")

    @cached_property
    def text(self) -> str | None:
        """The first part that is plain text."""
        return self._first("text/plain")

    @cached_property
    def attachments(self) -> tuple[str, ...]:
        """The names of the files that it brings along."""
        return tuple(
            _whole(part.get_filename() or part.get_content_type()) for part in self._parts() if _is_attached(part)
        )

    @cached_property
    def _parsed(self) -> tuple[Part, tuple[Part, ...]]:
        """The message, and the first of all its parts, itself among them."""
        readable = self.raw[:READ_BYTES]
        # Thousands of parts, or parts inside of parts, would keep the parser busy or exceed its depth. It takes a
        # carriage return for the end of a line as well.
        parts = readable.count(b"\n--") + readable.count(b"\r--")
        lines = readable.count(b"\n") + readable.count(b"\r")
        if parts <= PART_LINES and parts * lines <= COMPARISONS:
            with suppress(RecursionError):  # messages inside of messages
                parsed = message_from_bytes(readable, policy=ShortHeaders())
                return parsed, tuple(islice(parsed.walk(), PARTS))
        plain = message_from_bytes(b"\r\n" + readable, policy=ShortHeaders())
        return plain, (plain,)

    def _first(self, kind: str) -> str | None:
        return next(
            (_text(part) for part in self._parts() if part.get_content_type() == kind and not _is_attached(part)), None
        )

    def _parts(self) -> Iterator[Part]:
        return (part for part in self._parsed[1] if not part.is_multipart())


def _is_attached(part: Part) -> bool:
    return part.get_content_disposition() == "attachment"


def _text(part: Part) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)  # no part with parts in it
    charset = part.get_content_charset("utf-8")
    return _whole(content.decode(charset if KNOWN_CHARSET.fullmatch(charset) else "utf-8", errors="replace"))


def _whole(text: str) -> str:
    """`text` without halves of characters, which nothing could send on."""
    return text.encode(errors="replace").decode()


class Messages:
    """The newest messages, up to a number and a size; the oldest go first. It is used by several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._kept: dict[int, Message] = {}
        self._count = 0
        self._changes = 0

    def add(self, sender: str, recipients: Sequence[str], raw: bytes, user: str = "") -> Message:
        """Keeps a message that has just arrived."""
        with self._changed:
            self._count += 1
            addresses = tuple(_whole(address) for address in recipients)
            message = Message(self._count, datetime.now(UTC), _whole(sender), addresses, raw, user)
            self._kept[message.number] = message
            while len(self._kept) > MESSAGES_KEPT or sum(len(each.raw) for each in self._kept.values()) > BYTES_KEPT:
                del self._kept[next(iter(self._kept))]
            self._note_change()
        return message

    @property
    def all(self) -> tuple[Message, ...]:
        """All that are kept, the oldest first."""
        with self._changed:
            return tuple(self._kept.values())

    @property
    def state(self) -> str:
        """Another one after every change."""
        return str(self._changes)

    def get(self, number: int) -> Message | None:
        return self._kept.get(number)

    def wait_for(self, wanted: Callable[[Message], bool], seconds: float) -> Message | None:
        """The first message that is wanted, as soon as it is there; None if it does not come in time."""

        def find() -> Message | None:
            return next(filter(wanted, self._kept.values()), None)

        with self._changed:
            return self._changed.wait_for(find, seconds)

    def delete(self, number: int) -> None:
        with self._changed:
            self._kept.pop(number, None)
            self._note_change()

    def clear(self) -> None:
        with self._changed:
            self._kept.clear()
            self._note_change()

    def _note_change(self) -> None:
        self._changes += 1
        self._changed.notify_all()
