"""A request as a check writes it, and the words in which a student reads it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

SHOWN_BYTES = 200


@dataclass(frozen=True)
class Request:
    """One HTTP request. `json` and `form` exclude each other; `token` becomes a bearer header.

    `json` may be any value that `json.dumps` takes; None means that no body is sent.
    """

    method: str
    path: str
    json: object = None
    form: Mapping[str, str] | None = None
    query: Mapping[str, object] | None = None
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    def body(self) -> bytes:
        if self.form is not None:
            return urlencode(self.form).encode()
        return b"" if self.json is None else json.dumps(self.json, ensure_ascii=False).encode()

    def all_headers(self) -> dict[str, str]:
        headers = {"Host": "application.test", "Accept": "application/json", "Accept-Encoding": "identity"}
        if self.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif self.json is not None:
            headers["Content-Type"] = "application/json"
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        return {**headers, **self.headers, "Content-Length": str(len(self.body()))}

    def __str__(self) -> str:
        body = self.body().decode()
        shown = body if len(body) <= SHOWN_BYTES else body[:SHOWN_BYTES] + "…"
        query = "&".join(f"{name}={value}" for name, value in (self.query or {}).items())
        return f"{self.method} {self.path}{'?' if query else ''}{query} {shown}".rstrip()
