"""The little of a web framework that the greeter needs."""

import json
import traceback
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

Reply = tuple[int, dict[str, str]]
Route = Callable[[dict[str, str]], Reply]


class Application:
    """An ASGI application over functions that take the query and return status and body."""

    def __init__(self, routes: dict[str, Route]) -> None:
        self.routes = routes

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            return
        status, body = self.reply(scope["path"], dict(parse_qsl(scope["query_string"].decode())))
        content = json.dumps(body).encode()
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": content})

    def reply(self, path: str, query: dict[str, str]) -> Reply:
        """Status and body for a request; an error in a route is printed and answered with 500."""
        if path not in self.routes:
            return 404, {"detail": "There is nothing here."}
        try:
            return self.routes[path](query)
        except Exception:
            traceback.print_exc()
            return 500, {"detail": "Something went wrong."}
