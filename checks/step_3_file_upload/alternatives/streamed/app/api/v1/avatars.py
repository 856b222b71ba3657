"""Avatars over HTTP: the form is read here, no further than it may go."""

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from python_multipart import MultipartParser
from python_multipart.multipart import parse_options_header

from app.api.deps import SessionDep, VerifiedUser
from app.core.errors import PayloadTooLarge
from app.models import User
from app.schemas.user import UserRead
from app.services.cloudinary_service import upload_avatar
from app.services.images import reencode

router = APIRouter(prefix="/users/me/avatar", tags=["users"])

LARGEST = 2 * 1024 * 1024


class FileParser:
    """Takes the field `file` out of a form that comes in pieces."""

    def __init__(self, boundary: bytes) -> None:
        self.content: bytearray | None = None
        self._header = [b"", b""]
        self._is_file = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._add(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._add(1, data[start:end]),
                "on_header_end": self._end_header,
                "on_part_data": self._take,
            },
        )

    def feed(self, piece: bytes) -> None:
        self._parser.write(piece)

    def _begin(self) -> None:
        self._is_file = False

    def _add(self, place: int, text: bytes) -> None:
        self._header[place] += text

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            options = parse_options_header(value)[1]
            self._is_file = options.get(b"name") == b"file" and b"filename" in options
            if self._is_file:
                self.content = bytearray()
        self._header = [b"", b""]

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._is_file and self.content is not None:
            self.content += data[start:end]
            if len(self.content) > LARGEST:
                raise PayloadTooLarge("file_too_large", "The picture is too big.")


async def read_file(request: Request) -> bytes:
    """The file in the form."""
    _, options = parse_options_header(request.headers.get("content-type"))
    parser = FileParser(options.get(b"boundary", b"none"))
    async for piece in request.stream():
        parser.feed(piece)
    if parser.content is None:
        raise RequestValidationError([{"loc": ("body", "file"), "msg": "There is no file.", "type": "missing"}])
    return bytes(parser.content)


@router.post("", response_model=UserRead)
async def put_avatar(request: Request, session: SessionDep, user: VerifiedUser) -> User:
    """A new avatar."""
    address = await upload_avatar(user.id, await reencode(await read_file(request)))
    user.avatar_url = address
    await session.commit()
    return user
