"""Limits the size of request bodies: the framework reads a whole body into memory before an endpoint begins."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import PayloadTooLarge

MAX_BODY_SIZE = 1024 * 1024
"""In bytes."""
UPLOAD_PATHS = ("/api/v1/users/me/avatar",)
"""Paths of endpoints with their own limit."""


class BodyLimit:
    """ASGI middleware that refuses a larger body with 413, by its declared length or while it arrives."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in UPLOAD_PATHS:
            receive = _limited(receive, Headers(scope=scope))
        await self.app(scope, receive, send)


def _limited(receive: Receive, headers: Headers) -> Receive:
    """`receive`, but it raises PayloadTooLarge. A client may send more than it has declared, or declare nothing."""
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        _check(int(headers.get("Content-Length", 0)))
        message = await receive()
        received += len(message.get("body", b""))
        _check(received)
        return message

    return receive_limited


def _check(size: int) -> None:
    if size > MAX_BODY_SIZE:
        raise PayloadTooLarge("body_too_large", "Send a body of at most 1 MiB.")
