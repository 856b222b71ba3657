"""Ends requests that bring too much, before anybody waits for the rest of them."""

import json
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 2 * 1024 * 1024
ENVELOPE = 4 * 1024
REFUSAL = json.dumps({"detail": "Pictures have 2 MiB at most.", "code": "file_too_large"}).encode()


class TooMuch(Exception):
    """More has come than is allowed."""


class UploadLimit:
    """Counts what comes in, whatever was announced."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith("/avatar"):
            await self._application(scope, receive, send)
            return
        received = 0
        too_much = False

        async def receive_counted() -> Message:
            nonlocal received, too_much
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST + ENVELOPE:
                too_much = True
                raise TooMuch
            return message

        async def send_unless_too_much(message: Message) -> None:
            if not too_much:
                await send(message)

        with suppress(TooMuch):
            await self._application(scope, receive_counted, send_unless_too_much)
        if too_much:
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(REFUSAL)).encode())]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            await send({"type": "http.response.body", "body": REFUSAL})
