"""Uploaded files, with a size limit that stops reading early."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response, UploadFile
from fastapi.routing import APIRoute
from starlette.types import Receive

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
    # TODO 3.1: read the file, and check its size again. LARGEST_FORM is the limit of the form. Which limit is for the
    # file?
    raise NotImplementedError("Task 3.1: read a file")


def _limited(receive: Receive) -> Receive:
    """Receives the parts of a body and counts their bytes, because Content-Length may be absent or wrong."""
    # TODO 3.1: FastAPI reads a body by calling `receive` several times, before it calls your endpoint. Return a
    # function `async def receive_some() -> Message` that calls `receive` and counts the bytes.
    # - Each call returns one message, a dictionary. Its "body" contains bytes. The last message may have no "body".
    # - The count must survive from one call to the next. Which keyword lets an inner function change a variable?
    # - UploadRoute checks Content-Length before. Which requests have no Content-Length?
    raise NotImplementedError("Task 3.1: receive a body up to a limit")


def _check(size: int, limit: int) -> None:
    """Raises PayloadTooLarge if `size` is above `limit`, both in bytes."""
    # TODO 3.1: raise the error of app/core/errors.py with the code "file_too_large". A file of exactly `limit` bytes is
    # allowed.
    raise NotImplementedError("Task 3.1: compare a size with its limit")
