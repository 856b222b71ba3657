"""What the application answered, read with suspicion: a surprise in it fails the check, never the judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

from courseware.checking.check import CheckFailed
from courseware.checking.data import SHOWN_CHARACTERS, JsonData, read_json
from courseware.checking.request import Request


@dataclass(frozen=True)
class Answer(JsonData):
    """An HTTP answer. Header names are in lower case. `error` is the end of the application's own error, for a 5xx.

    `process` is the number of the process that gave it, from 0 on.
    """

    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes
    error: str = ""
    process: int = 0

    def expect_status(self, *statuses: int, key: str) -> "Answer":
        """This answer, if it has one of these statuses; else the check fails with `key`."""
        if self.status not in statuses:
            raise self.failed(key, " or ".join(str(status) for status in statuses), str(self))
        return self

    def expect_success(self, status: int, *, key: str) -> "Answer":
        """This answer, if the request was carried out; else the check fails with `key`.

        `status` is the one that the contract demands. Any other 2xx will do here, so that a wrong one costs the points
        of the check that is about the status, and of no other.
        """
        return self if 200 <= self.status < 300 else self.expect_status(status, key=key)

    def expect_same_json(self, other: "Answer", *, key: str) -> None:
        """Fails the check with `key` unless both answers hold the same JSON."""
        if self.json != other.json:
            raise self.failed(key, f"as for {other.request}: {other}", str(self))

    def expect_header(self, name: str, *, key: str) -> str:
        """The header's value; fails the check where there is none."""
        try:
            return self.headers[name.lower()]
        except KeyError:
            raise self.failed(key, f"a {name} header", f"{self.status} without one") from None

    def failed(self, key: str, expected: str, got: str) -> CheckFailed:
        """The failure to raise when this answer is not what it should be."""
        return CheckFailed(key, asked=asked(self.request, self.process), expected=expected, got=got)

    @property
    def text(self) -> str:
        """The body as text, for a search in it; what is not UTF-8 is replaced."""
        return self.body.decode(errors="replace")

    @cached_property
    def json(self) -> object:
        """The body as JSON; fails the check where it is none."""
        try:
            return read_json(self.body)
        except ValueError:
            raise self.failed("not_json", "an answer in JSON", str(self)) from None

    def __str__(self) -> str:
        text = self.text
        shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
        return " ".join(part for part in (str(self.status), _phrase(self.status), shown, self.error) if part)


def asked(request: Request, process: int) -> str:
    """The request in words, for a failure, with the process to which it went unless that is the first."""
    return f"{request} to process {process + 1}" if process else str(request)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
