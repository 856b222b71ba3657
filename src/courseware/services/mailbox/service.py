"""The mailbox as a service: SMTP for the application, a web page for people, the messages themselves for checks."""

from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from courseware.services.mailbox.messages import Message, Messages
from courseware.services.mailbox.smtp import SmtpServer
from courseware.services.registry import Facts
from courseware.services.servers import Background, FaultMode, FaultState, Listener
from courseware.services.web import WebServer, page, web_application

HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
ONE = "/messages/{number:int}"


class Pages:
    """The routes. Every address in an answer is relative, so that a proxy may put a prefix before all of them."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def application(self) -> Starlette:
        return web_application(
            [
                Route("/", self.show_all),
                Route("/delete", self.delete_all, methods=["POST"]),
                Route("/state", self.state),
                Route(ONE, self.show),
                Route(f"{ONE}/html", self.html),
                Route(f"{ONE}/text", self.text),
                Route(f"{ONE}/raw", self.raw),
                Route(f"{ONE}/delete", self.delete, methods=["POST"]),
                Route("/api/messages", self.list_as_json),
                Route(f"/api{ONE}", self.as_json),
                Route(f"/api{ONE}", self.delete_by_api, methods=["DELETE"]),
                Route("/api/messages", self.delete_all_by_api, methods=["DELETE"]),
            ]
        )

    async def show_all(self, request: Request) -> Response:
        newest_first = self._messages.all[::-1]
        return _page("messages.html.jinja", messages=newest_first, state=self._messages.state)

    async def state(self, request: Request) -> Response:
        """What the page asks for every second."""
        return JSONResponse({"state": self._messages.state})

    async def show(self, request: Request) -> Response:
        return _page("message.html.jinja", message=self._wanted(request))

    async def html(self, request: Request) -> Response:
        """The message's HTML, whose links open in a new tab."""
        content = self._wanted(request).html
        if content is None:
            raise HTTPException(404, "This message has no HTML.")
        body = f'<!doctype html><base target="_blank">{content}'.encode(errors="replace")
        return Response(body, media_type="text/html", headers={"Content-Security-Policy": HTML_POLICY})

    async def text(self, request: Request) -> Response:
        content = self._wanted(request).text
        if content is None:
            raise HTTPException(404, "This message has no plain text.")
        return PlainTextResponse(content.encode(errors="replace"))

    async def raw(self, request: Request) -> Response:
        """All that was received, as text."""
        return PlainTextResponse(self._wanted(request).raw)

    async def delete(self, request: Request) -> Response:
        self._messages.delete(self._wanted(request).number)
        return RedirectResponse("../..", status_code=303)

    async def delete_all(self, request: Request) -> Response:
        self._messages.clear()
        return RedirectResponse(".", status_code=303)

    async def list_as_json(self, request: Request) -> Response:
        return JSONResponse([_summary(message) for message in self._messages.all])

    async def as_json(self, request: Request) -> Response:
        message = self._wanted(request)
        raw = message.raw.decode(errors="replace")
        return JSONResponse({**_summary(message), "html": message.html, "text": message.text, "raw": raw})

    async def delete_by_api(self, request: Request) -> Response:
        self._messages.delete(self._wanted(request).number)
        return Response(status_code=204)

    async def delete_all_by_api(self, request: Request) -> Response:
        self._messages.clear()
        return Response(status_code=204)

    def _wanted(self, request: Request) -> Message:
        message = self._messages.get(request.path_params["number"])
        if message is None:
            raise HTTPException(404, "There is no such message.")
        return message


def _summary(message: Message) -> dict[str, Any]:
    return {
        "number": message.number,
        "received_at": message.received_at.isoformat(),
        "from": message.sender,
        "to": message.recipients,
        "subject": message.subject,
        "attachments": message.attachments,
    }


def _page(template: str, **values: Any) -> Response:
    return page("courseware.services.mailbox", template, values)


class Mailbox:
    """Receives what an application sends. It serves on sockets that listen already, as many as it is given."""

    def __init__(self) -> None:
        self.messages = Messages()
        self._faults = FaultState()
        self._background = Background("mailbox")
        self._servers: list[SmtpServer | WebServer] = []

    def serve(self, listener: Listener) -> None:
        """Takes messages on this socket from now on."""

        async def start() -> SmtpServer:
            return SmtpServer(listener, self.messages, self._faults)

        self._servers.append(self._background.run(start()))

    def show(self, listener: Listener) -> None:
        """Shows its page on this socket from now on."""

        async def start() -> WebServer:
            return WebServer(Pages(self.messages).application(), listener)

        self._servers.append(self._background.run(start()))

    def facts(self, host: str, port: int) -> Facts:
        return {"host": host, "port": str(port)}

    @property
    def waiting(self) -> int:
        """How many connections wait at the moment because the mailbox stalls."""
        return self._faults.waiting

    @property
    def given_up(self) -> int:
        """How many connections were closed by their clients while they waited so."""
        return self._faults.given_up

    def set_fault(self, mode: FaultMode) -> None:
        self._faults.now = mode

    def forget(self) -> None:
        self.messages.clear()

    def stop(self) -> None:
        """Ends all connections; the messages can still be read. May be called again."""
        servers, self._servers = self._servers, []
        for server in servers:
            self._background.run(server.stop())
        self._background.stop()
