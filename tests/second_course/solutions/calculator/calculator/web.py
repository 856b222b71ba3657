"""The application: GET /sum?a=2&b=3 answers with the result of the operation in calculator/operations/sum.py."""

import json
from collections.abc import Awaitable, Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from urllib.parse import parse_qsl

from calculator import operations

OPERATIONS: dict[str, Callable[[int, int], int]] = {
    f"/{module.name}": import_module(f"calculator.operations.{module.name}").calculate
    for module in iter_modules(operations.__path__)
}


def create_app() -> Callable[..., Awaitable[None]]:
    """Return the ASGI application."""
    return application


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer an HTTP request; an operation that raises is answered by the server with 500."""
    if scope["type"] != "http":
        return
    operation, query = OPERATIONS.get(scope["path"]), dict(parse_qsl(scope["query_string"].decode()))
    status, body = 404, {"detail": "There is no such operation."}
    if operation is not None:
        status, body = 200, {"result": operation(int(query["a"]), int(query["b"]))}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
