"""Uploaded files, with a size limit that stops reading early."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response, UploadFile
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from app.core.errors import PayloadTooLarge

LARGEST_FILE = 2 * 1024 * 1024
LARGEST_FORM = LARGEST_FILE + 16 * 1024
"""The limit of the form, which adds headers and boundaries to the file."""


class UploadRoute(APIRoute):
    """A route for a form with a file. It stops reading as soon as the form is too large.

    The framework's `max_body_size` does that as well, but answers in plain text, where our clients expect JSON.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_limited(request: Request) -> Response:
            _check(int(request.headers.get("Content-Length", 0)), LARGEST_FORM)
            return await handle(Request(request.scope, _limited(request.receive)))

        return handle_limited


async def read_file(file: UploadFile) -> bytes:
    """The content of the file. Raises PayloadTooLarge."""
    content = await file.read()
    _check(len(content), LARGEST_FILE)
    return content


def _limited(receive: Receive) -> Receive:
    """Receives the parts of a body and counts their bytes, because Content-Length may be absent or wrong."""
    received = 0

    async def receive_some() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        _check(received, LARGEST_FORM)
        return message

    return receive_some


def _check(size: int, limit: int) -> None:
    """Raises PayloadTooLarge if `size` is above `limit`, both in bytes."""
    if size > limit:
        raise PayloadTooLarge("file_too_large", "Send a file of 2 MiB at most.")
