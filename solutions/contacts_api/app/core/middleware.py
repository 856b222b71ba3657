"""What every request and every answer passes through."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from python_multipart.multipart import parse_options_header
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.body_limit import BodyLimit
from app.core.config import Settings
from app.core.logs import REQUEST_ID_HEADER, AccessLog


def add_middleware(application: FastAPI, settings: Settings) -> None:
    """Adds it from the inside out: the last one is the first to see a request."""
    application.add_middleware(BodyLimit)
    application.add_middleware(FormsInUtf8)
    if settings.cors_origins:
        application.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_credentials=True,  # the cookie with the refresh token
            allow_methods=["*"],
            allow_headers=["Authorization"],
            expose_headers=["Location", "Retry-After", REQUEST_ID_HEADER],
        )
    application.add_middleware(SecurityHeaders)
    application.add_middleware(AccessLog)


class SecurityHeaders:
    """ASGI middleware: no cache keeps an answer, and no browser takes it for another type than declared."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self.app(scope, receive, send_with_headers)


class FormsInUtf8:
    """ASGI middleware: a form is read as UTF-8, whatever charset it names.

    The framework takes any decoder of Python's that the client names, and `punycode` takes a minute for a megabyte.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = MutableHeaders(scope=scope)
            content_type, options = parse_options_header(headers.get("Content-Type"))
            if b"charset" in options and b"boundary" in options:
                boundary = options[b"boundary"].decode("latin-1")
                headers["Content-Type"] = f'{content_type.decode("latin-1")}; boundary="{boundary}"'
        await self.app(scope, receive, send)
