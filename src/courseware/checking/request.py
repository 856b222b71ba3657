"""A request as a check writes it, and the words in which a student reads it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlencode

SHOWN_BYTES = 200
HOST = "127.0.0.1:8000"
"""What requests are addressed to: an application may refuse hosts other than this machine, but not this one."""
KIB = 1024
# What a browser writes for characters that would end the quoted name, or the line.
QUOTED = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"}


@dataclass(frozen=True)
class File:
    """A file to upload. The name and the type are what the sender says; neither need be true."""

    content: bytes
    name: str = "picture.png"
    content_type: str = "image/png"

    def __str__(self) -> str:
        return f"{self.name} ({self.content_type}, {size_in_words(len(self.content))})"


@dataclass(frozen=True)
class Request:
    """One HTTP request. At most one of `json`, `form` and `files` is given; `token` becomes a bearer header.

    `json` may be any value that `json.dumps` takes; None means that no body is sent. `files` are sent as a multipart
    form, by the names of its fields.

    `client` is the IPv4 or IPv6 address from which the request comes; None stands for 127.0.0.1. The application finds
    it in `request.client`. As on a real server, uvicorn replaces it with the address in an `X-Forwarded-For` header if
    it is one of FORWARDED_ALLOW_IPS, which is 127.0.0.1 unless the environment sets it. Another text than an address
    raises ValueError.

    `stops_after`: only so many bytes of the body are sent, and the connection stays open: the answer must come without
    the rest. `chunked`: the body's length is not announced.
    """

    method: str
    path: str
    json: object = None
    form: Mapping[str, str] | None = None
    query: Mapping[str, object] | None = None
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, File] | None = None
    stops_after: int | None = None
    chunked: bool = False
    client: str | None = None

    def __post_init__(self) -> None:
        if self.client is not None:
            ip_address(self.client)

    @property
    def target(self) -> str:
        return f"{self.path}?{urlencode(self.query, errors='surrogatepass')}" if self.query else self.path

    def body(self) -> bytes:
        return self._body

    @cached_property
    def _body(self) -> bytes:
        if self.files is not None:
            return b"".join(self._parts(self.files)) + f"--{self._boundary}--\r\n".encode()
        if self.form is not None:
            return urlencode(self.form, errors="surrogatepass").encode()
        return b"" if self.json is None else json.dumps(self.json, ensure_ascii=False).encode(errors="surrogatepass")

    def _parts(self, files: Mapping[str, File]) -> list[bytes]:
        return [
            f"--{self._boundary}\r\n"
            f'Content-Disposition: form-data; name="{name}"; filename="{file.name.translate(QUOTED)}"\r\n'
            f"Content-Type: {file.content_type}\r\n\r\n".encode()
            + file.content
            + b"\r\n"
            for name, file in files.items()
        ]

    @cached_property
    def _boundary(self) -> str:
        """The same for the same files, and in none of them: that would take a collision of SHA-256."""
        contents = sha256(b"".join(sha256(file.content).digest() for file in (self.files or {}).values()))
        return f"boundary-{contents.hexdigest()[:32]}"

    def all_headers(self) -> dict[str, str]:
        headers = {"Host": HOST, "Accept": "application/json", "Accept-Encoding": "identity"}
        if self.files is not None:
            headers["Content-Type"] = f"multipart/form-data; boundary={self._boundary}"
        elif self.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif self.json is not None:
            headers["Content-Type"] = "application/json"
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        length = {"Transfer-Encoding": "chunked"} if self.chunked else {"Content-Length": str(len(self.body()))}
        return {**headers, **self.headers, **length}

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in (self.query or {}).items())
        client = "" if self.client is None else f" from {self.client}"
        return f"{self.method} {self.path}{'?' if query else ''}{query}{client} {self._body_in_words()}".rstrip()

    def _body_in_words(self) -> str:
        if self.files is None:
            text = self.body().decode(errors="replace")
            return text if len(text) <= SHOWN_BYTES else text[:SHOWN_BYTES] + "…"
        words = [f"{name}={file}" for name, file in self.files.items()] or ["an empty form"]
        if self.chunked:
            words.append("without a Content-Length")
        if self.stops_after is not None:
            words.append(f"of which the first {size_in_words(self.stops_after)} are sent")
        return ", ".join(words)


def size_in_words(size: int) -> str:
    """How many bytes these are, short where that is exact enough: 2 MiB and one byte more are not the same."""
    if size < KIB:
        return f"{size} byte{'' if size == 1 else 's'}"
    if size < KIB * KIB:
        return f"{size / KIB:.1f} KiB"
    return f"{size // KIB**2} MiB" if size % KIB**2 == 0 else f"{size:,} bytes"
