"""The image store as a service: one address for the upload API, the stored images, and a gallery to look at them."""

import asyncio
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from courseware.services.image_store.stored_images import Pictures
from courseware.services.image_store.transformation import Rendered, WrongTransformation, path_of
from courseware.services.image_store.upload_api import Account, UploadApi
from courseware.services.registry import Facts
from courseware.services.servers import HOST, Background, FaultMode, FaultState, Listener, port_of
from courseware.services.web import FaultInjection, WebServer, page, web_application

API = "/v1_1/"
CLOUD_NAME = "course"
API_KEY = "123456789012345"


class Pages:
    """The routes. In the gallery every address is relative, so that a proxy may put a prefix before all of them."""

    def __init__(self, account: Account, pictures: Pictures) -> None:
        self._account = account
        self._pictures = pictures

    def application(self, faults: FaultState) -> ASGIApp:
        """The whole application. Its faults are the upload API's: what is stored can be looked at all the time."""
        api = UploadApi(self._account, self._pictures)
        routes = [
            Route("/", self.gallery),
            Route("/state", self.state),
            Route("/api/pictures", self.list_as_json),
            Route(API + "{cloud}/image/{action}", api.answer, methods=["POST"]),
            Route("/{path:path}", self.deliver),
        ]
        failure = JSONResponse({"error": {"message": "General Error"}}, 500, {"X-Cld-Error": "General Error"})
        return FaultInjection(web_application(routes), faults, failure, API)

    async def gallery(self, request: Request) -> Response:
        values = {
            "pictures": self._pictures.all[::-1],
            "cloud": self._account.cloud_name,
            "state": self._pictures.state,
        }
        return page("courseware.services.image_store", "gallery.html.jinja", values)

    async def state(self, request: Request) -> Response:
        """What the gallery asks for every second."""
        return JSONResponse({"state": self._pictures.state})

    async def list_as_json(self, request: Request) -> Response:
        return JSONResponse([_summary(picture) for picture in self._pictures.all])

    async def deliver(self, request: Request) -> Response:
        """A picture at its address."""
        path = request.url.path
        try:
            rendered = await asyncio.to_thread(self._pictures.deliver, path)
        except WrongTransformation as wrong:
            return _refused(400, str(wrong))
        if rendered is None:
            return _refused(404, f"Resource not found - {path.rpartition('/')[2]}")
        return _shown(rendered)


def _shown(rendered: Rendered) -> Response:
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(rendered.content, media_type=rendered.media_type, headers=headers)


def _refused(status: int, reason: str) -> Response:
    return Response(status_code=status, headers={"X-Cld-Error": reason.encode("ascii", "replace").decode()})


def _summary(picture: Any) -> dict[str, Any]:
    return {
        "public_id": picture.public_id,
        "version": picture.version,
        "format": picture.format,
        "width": picture.image.width,
        "height": picture.image.height,
        "bytes": len(picture.image.content),
    }


class ImageStore:
    """Stores what an application uploads. It serves on sockets that listen already, as many as it is given.

    One that refuses answers every upload with an error, 500; one that stalls answers none until it is well again; one
    that drops ends the connection in the middle of the answer, and stores nothing.
    """

    def __init__(self) -> None:
        self.account = Account(CLOUD_NAME, API_KEY, secrets.token_urlsafe(20))
        self.pictures = Pictures(CLOUD_NAME)
        self._faults = FaultState()
        self._background = Background("image store")
        self._servers: list[WebServer] = []
        self._hosts: set[str] = set()

    def serve(self, listener: Listener) -> None:
        """Serves everything on this socket from now on."""

        async def start() -> WebServer:
            return WebServer(Pages(self.account, self.pictures).application(self._faults), listener)

        self._hosts |= {f"{name}:{port_of(listener)}" for name in (HOST, "localhost")}
        self._servers.append(self._background.run(start()))

    def delivered(self, address: str) -> Rendered | None:
        """What a browser would get at an address that an application tells; None where it is not of this store.

        The package's docstring says which addresses are. Raises WrongTransformation.
        """
        path = path_of(address, self.account.cloud_name, self._hosts)
        return None if path is None else self.pictures.deliver(path)

    @property
    def waiting(self) -> int:
        """How many uploads wait at the moment because the store stalls."""
        return self._faults.waiting

    def facts(self, host: str, port: int) -> Facts:
        """`address` is what the SDK calls its upload prefix; the account's name and keys are what it signs with."""
        return {
            "host": host,
            "port": str(port),
            "address": f"http://{host}:{port}",
            "cloud_name": self.account.cloud_name,
            "api_key": self.account.api_key,
            "api_secret": self.account.api_secret,
        }

    def set_fault(self, mode: FaultMode) -> None:
        self._faults.now = mode

    def forget(self) -> None:
        self.pictures.clear()

    def stop(self) -> None:
        """Ends all connections; the pictures can still be asked for. May be called again."""
        self.set_fault(FaultMode.DROPS)  # so that no request waits any longer
        servers, self._servers = self._servers, []
        for server in servers:
            self._background.run(server.stop())
        self._background.stop()
