"""Stands in for Cloudinary: takes the real calls of the real SDK, and checks their signatures as Cloudinary does."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message

from app.core.config import get_settings

CLOUD_NAME = "contacts"
API_KEY = "874837483274837"
API_SECRET = "a-secret-as-Cloudinary-makes-it"
LONG = 30.0
"""Seconds for an upload: a busy machine is no outage."""
UNSIGNED = {"api_key", "signature", "file", "resource_type", "cloud_name"}


@dataclass(frozen=True)
class Upload:
    """A picture that was taken."""

    fields: dict[str, str]
    content: bytes


@dataclass
class PictureStore:
    """What has been uploaded. A test may put another answer in place of the usual one, or hold uploads back."""

    uploads: list[Upload] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    answer: tuple[int, object] | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    let_through: asyncio.Event = field(default_factory=asyncio.Event)
    address: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request. A connection without one is closed: a process may have taken this port for its own."""
        try:
            request = await read_request(reader)
        except asyncio.IncompleteReadError:
            writer.close()
            return
        status, answer = await self._answer(request)
        body = json.dumps(answer).encode()
        writer.write(f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        writer.close()
        await writer.wait_closed()

    async def _answer(self, request: Request) -> tuple[int, object]:
        async with request.form() as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            file = form.get("file")
            content = await file.read() if isinstance(file, UploadFile) else b""
        self.arrived.set()
        await self.let_through.wait()
        if self.answer:
            return self.answer
        if complaint := _complaint(request.url.path, fields):
            return HTTPStatus.UNAUTHORIZED, {"error": {"message": complaint}}
        if request.url.path.endswith("/destroy"):
            self.deleted.append(fields["public_id"])
            return HTTPStatus.OK, {"result": "ok"}
        self.uploads.append(Upload(fields, content))
        return HTTPStatus.OK, self._stored(fields["public_id"])

    def _stored(self, public_id: str) -> dict[str, Any]:
        version = 1_700_000_000 + len(self.uploads)
        url = f"{self.address}/{CLOUD_NAME}/image/upload/v{version}/{public_id}.png"
        return {"public_id": public_id, "version": version, "url": url, "secure_url": url}


@asynccontextmanager
async def picture_store() -> AsyncIterator[PictureStore]:
    """A store that listens on a port of its own."""
    store = PictureStore()
    store.let_through.set()
    async with listening(store.serve) as store.address:
        yield store
        store.let_through.set()


@asynccontextmanager
async def configured_picture_store(settings: pytest.MonkeyPatch) -> AsyncIterator[PictureStore]:
    """A store, and settings by which the application finds it."""
    async with picture_store() as store:
        settings.setenv("CLOUDINARY_CLOUD_NAME", CLOUD_NAME)
        settings.setenv("CLOUDINARY_API_KEY", API_KEY)
        settings.setenv("CLOUDINARY_API_SECRET", API_SECRET)
        settings.setenv("CLOUDINARY_UPLOAD_PREFIX", store.address)
        settings.setenv("CLOUDINARY_TIMEOUT", str(LONG))
        get_settings.cache_clear()
        yield store


@asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]],
) -> AsyncIterator[str]:
    """The address at which `serve` is called with every connection. All of them have ended afterwards."""
    async with asyncio.TaskGroup() as connections:
        server = await asyncio.start_server(
            lambda reader, writer: connections.create_task(serve(reader, writer)), "127.0.0.1", 0
        )
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def read_request(reader: asyncio.StreamReader) -> Request:
    """The next request on a connection."""
    head, *lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[:-2]
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    body = await reader.readexactly(int(dict(headers).get(b"content-length", 0)))

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    method, path, _ = head.decode().split()
    return Request({"type": "http", "method": method, "path": path, "headers": headers, "query_string": b""}, receive)


def _complaint(path: str, fields: dict[str, str]) -> str | None:
    """What Cloudinary would object to."""
    if path not in (f"/v1_1/{CLOUD_NAME}/image/upload", f"/v1_1/{CLOUD_NAME}/image/destroy"):
        return f"Unknown path {path}"
    if fields.get("api_key") != API_KEY:
        return f"Unknown API key {fields.get('api_key')}"
    signed = "&".join(sorted(f"{name}={value}" for name, value in fields.items() if name not in UNSIGNED))
    signature = hashlib.sha1((signed + API_SECRET).encode()).hexdigest()  # noqa: S324 - Cloudinary's choice
    if fields.get("signature") != signature:
        return f"Invalid Signature {fields.get('signature')}. String to sign - '{signed}'."
    return None
