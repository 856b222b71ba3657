"""An address that an application tells, as in a Location header or in a message, taken apart with suspicion."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from courseware.checking.check import CheckFailed


@dataclass(frozen=True)
class Address:
    """An address of which path and query can stand in a request as they are."""

    text: str
    path: str
    query: str

    @property
    def target(self) -> str:
        """What a client asks for at this address, whatever host it names."""
        return f"{self.path}?{self.query}" if self.query else self.path or "/"


def read_address(text: str, *, asked: str, key: str, base: str = "") -> Address:
    """The parts of an address. Fails the check with `key` for a text that is none.

    A relative one goes on from the path `base`.
    """
    try:
        parts = urlsplit(urljoin(base, text))
    except ValueError as error:
        raise CheckFailed(key, asked=asked, expected="an address", got=f"{text} ({error})") from None
    if not all("!" <= character <= "~" for character in parts.path + parts.query):
        expected = "an address of visible ASCII characters"
        raise CheckFailed(key, asked=asked, expected=expected, got=text)
    return Address(text, parts.path, parts.query)
