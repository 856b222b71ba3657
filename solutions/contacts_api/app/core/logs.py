"""Logs: one format for all of them, the id of the request in each line, and an access line for each request."""

import logging
import uuid
from contextvars import ContextVar
from time import perf_counter

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FORMAT = "%(asctime)s %(levelname)s [%(request_id)s] %(name)s: %(message)s"
REQUEST_ID_HEADER = "X-Request-ID"

logger = logging.getLogger(__name__)
request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that is being answered. Each task has its own value."""


class RequestIdFilter(logging.Filter):
    """Lets every record through, and adds the id of its request."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


def configure_logging(level: str) -> None:
    """Sends the logs of the application and of the server to stderr, in one format."""
    handler = logging.StreamHandler()
    handler.addFilter(RequestIdFilter())
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.basicConfig(level=level, handlers=[handler])  # changes nothing where pytest has configured the root logger
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").disabled = True  # it writes down whole URLs, with the tokens in them


class AccessLog:
    """ASGI middleware that gives each request an id and logs it when the answer begins.

    The line names the route, such as `/contacts/{contact_id}`: paths and queries contain tokens and personal data.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        request_id.set(uuid.uuid4().hex)

        async def send_logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id.get()
                _log(scope, message["status"], perf_counter() - began)
            await send(message)

        try:
            await self.app(scope, receive, send_logged)
        except Exception:  # answered with 500 further out
            _log(scope, 500, perf_counter() - began)
            raise


def _log(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "-")
    logger.info("%s %s %d %.0f ms", scope["method"], route, status, 1000 * seconds)
