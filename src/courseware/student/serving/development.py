"""What a fresh process serves after every save: the student's application, or the reason why it does not start."""

import copy
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from courseware.base.text import printable
from courseware.course import Application as Description
from courseware.student.serving.documentation import (
    HEADING,
    PAGE,
    STYLE,
    Application,
    LocalDocumentation,
    Message,
    Receive,
    Scope,
    Send,
    describe,
    header,
    live_without_application,
    respond,
)

PATH = 2
"""Where in a record about a request the path is."""
WAITING = "It starts again as soon as you save a file."
# It asks again by itself, so the page behind it comes back once the mistake is mended.
FAILURE_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<meta name="color-scheme" content="light dark">
<title>{heading}</title>
<style>{style}</style>
</head>
<body class="failure">
<h1>{heading}</h1>
<pre>{failure}</pre>
<p>{advice}</p>
</body>
</html>
"""


class NotTheDocumentation(logging.Filter):
    """Leaves out the requests of Swagger UI's own, which say nothing about the application."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (isinstance(record.args, tuple) and str(record.args[PATH]).startswith(f"{PAGE}/"))


def quiet_logging() -> dict[str, Any]:
    """uvicorn's own logging without the lines about its life; the requests stay."""
    configuration = copy.deepcopy(LOGGING_CONFIG)
    configuration["loggers"]["uvicorn.error"] = {"level": "WARNING"}
    configuration["filters"] = {"not_the_documentation": {"()": NotTheDocumentation}}
    configuration["loggers"]["uvicorn.access"]["filters"] = ["not_the_documentation"]
    return configuration


def serve_once(listener: socket.socket, folder: Path, description: Description, environment: Mapping[str, str]) -> None:
    """Serves the project in `folder` on a listening socket, until SIGTERM. Its failures become what is served."""
    # Ctrl-C reaches every process at the terminal. The one that watches ends this one in its own time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    os.environ.update(environment)
    for name, value in description.environment.items():
        os.environ.setdefault(name, value)
    application = ForgivingApplication(folder, lambda: load(folder, description))
    configuration = uvicorn.Config(
        LocalDocumentation(application, lambda: application.runs),
        # A page of Swagger UI that keeps its connection open must not hold up a restart.
        timeout_graceful_shutdown=1,
        log_config=quiet_logging(),
    )
    uvicorn.Server(configuration).run(sockets=[listener])


def load(folder: Path, description: Description) -> Application:
    """Migrates the database and calls the application's factory. Raises whatever the project's code raises."""
    if description.migrations is not None:
        migrate(folder / description.migrations)
    module, _, name = description.entrypoint.partition(":")
    factory: Callable[[], Application] = getattr(import_module(module), name)
    return factory()


def migrate(configuration: Path) -> None:
    """`alembic upgrade head`; alembic belongs to the application's environment, so it is only imported here."""
    from alembic import command
    from alembic.config import Config

    command.upgrade(Config(str(configuration)), "head")


class ForgivingApplication:
    """Passes everything on to the application; when that cannot start, it shows why and the server lives on."""

    def __init__(self, folder: Path, load: Callable[[], Application]) -> None:
        self._folder = folder
        self._failure: str | None = None
        try:
            self._application = load()
        except (Exception, SystemExit) as error:
            self._fail(error)

    @property
    def runs(self) -> bool:
        """Whether the application has started, as far as it has been asked to."""
        return self._failure is None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._failure is not None:
            await self._show_failure(scope, send)
        else:
            await self._pass_on(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starts the application up. One that fails must not end the server, which would not see the next save."""
        if self._failure is not None:
            return await live_without_application(receive, send)
        has_failed = False

        async def send_unless_failed(message: Message) -> None:
            nonlocal has_failed
            has_failed = message["type"] == "lifespan.startup.failed"
            if not has_failed:
                await send(message)

        try:
            await self._application(scope, receive, send_unless_failed)
        except Exception as error:
            if not has_failed:
                raise  # An application without start-up raises here, and servers know that.
            self._fail(error)
        if has_failed:
            await send({"type": "lifespan.startup.complete"})
            await live_without_application(receive, send)
        return None

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_answered = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_answered
            has_answered = True
            await send(message)

        try:
            await self._application(scope, receive, send_and_note)
        except Exception as error:
            report(f"{scope.get('method', 'Request')} {scope['path']} raised:", describe(error, self._folder))
            if not has_answered and scope["type"] == "http":
                await respond(send, 500, "text/plain; charset=utf-8", b"Internal Server Error")

    async def _show_failure(self, scope: Scope, send: Send) -> None:
        text = printable(self._failure or "")
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1011})
        elif "text/html" in header(scope, b"accept"):
            page = FAILURE_PAGE.format(heading=HEADING, style=STYLE, failure=escape(text), advice=WAITING)
            await respond(send, 503, "text/html; charset=utf-8", page.encode())
        else:
            await respond(send, 503, "text/plain; charset=utf-8", f"{text}\n\n{WAITING}\n".encode())

    def _fail(self, error: BaseException) -> None:
        self._failure = describe(error, self._folder)
        report(f"{HEADING}:", f"{self._failure}\n\n{WAITING}")


def report(heading: str, text: str) -> None:
    """Tells the person at the terminal, apart from the lines around it."""
    print(f"\n{heading}\n\n{printable(text)}\n", file=sys.stderr, flush=True)
