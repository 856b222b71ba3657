"""The store's HTTP side: the upload API, the pictures at their addresses, and a gallery to look at them."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from courseware.services.image_store.pictures import Pictures
from courseware.services.image_store.transformation import Rendered, WrongTransformation
from courseware.services.image_store.uploading import Account, UploadApi
from courseware.services.mood import Moods
from courseware.services.web import Unwell, page, web_application

API = "/v1_1/"


class Pages:
    """The routes. In the gallery every address is relative, so that a proxy may put a prefix before all of them."""

    def __init__(self, account: Account, pictures: Pictures) -> None:
        self._account = account
        self._pictures = pictures

    def application(self, moods: Moods) -> ASGIApp:
        """The whole application. Its moods are the upload API's: what is stored can be looked at all the time."""
        api = UploadApi(self._account, self._pictures)
        routes = [
            Route("/", self.gallery),
            Route("/state", self.state),
            Route("/api/pictures", self.list_as_json),
            Route(API + "{cloud}/image/{action}", api.answer, methods=["POST"]),
            Route("/{path:path}", self.deliver),
        ]
        failure = JSONResponse({"error": {"message": "General Error"}}, 500, {"X-Cld-Error": "General Error"})
        return Unwell(web_application(routes), moods, failure, API)

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
