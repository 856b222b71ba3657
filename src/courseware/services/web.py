"""What the web pages of services share: a server on a listening socket, templates, and headers that keep harm out."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from courseware.base.text import printable
from courseware.services.servers import POLL_SECONDS, FaultMode, FaultState, Listener

STATIC = Path(__file__).parent / "pages"
CONNECTIONS = 100
MOST_BYTES = 16 * 1024 * 1024
MOST_BYTES_TOGETHER = 64 * 1024 * 1024
"""Of all requests that wait while a service stalls."""
# A page loads what is its own and nothing else. JupyterLab's proxy shows it under JupyterLab's own address.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


class WebServer:
    """Serves an ASGI application on a listening socket, on the running event loop, until `stop`."""

    def __init__(self, application: ASGIApp, listener: Listener) -> None:
        configuration = uvicorn.Config(
            application,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(configuration)
        self._serving = asyncio.create_task(self._server.serve([listener]))

    async def stop(self) -> None:
        """Ends all connections. Pages that a browser keeps open are not waited for."""
        self._server.should_exit = True
        self._server.force_exit = True
        with suppress(asyncio.CancelledError):
            await self._serving


def web_application(routes: list[Route]) -> Starlette:
    """An application with these routes, the files that every page uses, and the guards that every page needs."""
    shared = [Route(f"/{name}", _static(name, kind)) for name, kind in STATIC_FILES.items()]
    # Another name for this machine's address would let any web page on the internet read what is shown here.
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return Starlette(routes=[*shared, *routes], middleware=[hosts, Middleware(Guard)])


class Guard:
    """Adds the headers, unless an answer has its own, and lets no foreign page change anything."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        if request.method in CHANGING and request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            await PlainTextResponse("This comes from another page.", 403)(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] += [
                    (name.lower().encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.lower().encode() not in present
                ]
            await send(message)

        await self._application(scope, receive, send_guarded)


class FaultInjection:
    """Shows a service's mode at all paths with a prefix, before the application hears of the request."""

    def __init__(self, application: ASGIApp, faults: FaultState, refusal: Response, prefix: str) -> None:
        self._application = application
        self._faults = faults
        self._refusal = refusal
        self._prefix = prefix
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix) or self._faults.now is FaultMode.NONE:
            await self._application(scope, receive, send)
            return
        self._faults.waiting += 1
        try:
            received = await self._receive_while_stalling(receive)
        finally:
            self._faults.waiting -= 1
        if received is None:
            return
        if self._faults.now is FaultMode.REFUSES:
            await self._refusal(scope, receive, send)
        elif self._faults.now is FaultMode.DROPS:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
            raise Dropped
        else:
            await self._application(scope, first(received, receive), send)

    async def _receive_while_stalling(self, receive: Receive) -> list[Message] | None:
        """What came while the service stalled; None when the client has gone, whose request then has no effect."""
        received: list[Message] = []
        waiting = asyncio.ensure_future(receive())
        size = 0
        try:
            while self._faults.now is FaultMode.STALLS or not received:
                if not (await asyncio.wait([waiting], timeout=POLL_SECONDS))[0]:
                    continue
                received.append(waiting.result())
                part = len(received[-1].get("body", b""))
                size += part
                self._bytes += part
                is_too_large = size > MOST_BYTES or self._bytes > MOST_BYTES_TOGETHER
                if received[-1]["type"] == "http.disconnect" or is_too_large:
                    return None
                waiting = asyncio.ensure_future(receive())
            if waiting.done():
                received.append(waiting.result())
            waiting.cancel()
            return received
        finally:
            self._bytes -= size


class Dropped(Exception):
    """Ends a connection in the middle of an answer."""


class NotDropped(logging.Filter):
    """Leaves out what the server says of a connection that is dropped on purpose."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is None or not isinstance(record.exc_info[1], Dropped)


logging.getLogger("uvicorn.error").addFilter(NotDropped())


def first(received: list[Message], receive: Receive) -> Receive:
    """Gives what was received already, then what comes."""
    left = iter(received)

    async def receive_on() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return receive_on


STATIC_FILES = {"style.css": "text/css", "follow.js": "text/javascript"}


def _static(name: str, kind: str) -> Any:
    async def file(request: Request) -> Response:
        return Response((STATIC / name).read_bytes(), media_type=kind)

    return file


def page(package: str, template: str, values: Mapping[str, Any]) -> HTMLResponse:
    """A page from a template of a service's package. Everything put into it is escaped."""
    return HTMLResponse(_environment(package).get_template(template).render(values))


@cache
def _environment(package: str) -> Environment:
    environment = Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["printable"] = printable
    return environment


def _shown(value: object) -> object:
    """Makes visible what would steer a reader's eye."""
    return printable(value) if type(value) is str else value
