"""Avatars over HTTP."""

from http import HTTPStatus

from fastapi import APIRouter, UploadFile

from app.api.deps import VERIFIED_USER_ERRORS, SessionDep, VerifiedUser
from app.api.uploads import UploadRoute, read_file
from app.core.errors import error_answers
from app.models import User
from app.schemas.user import UserRead
from app.services import avatars

router = APIRouter(prefix="/users/me/avatar", tags=["users"], route_class=UploadRoute, responses=VERIFIED_USER_ERRORS)


@router.post(
    "",
    response_model=UserRead,
    responses=error_answers(HTTPStatus.NOT_FOUND, "not_found")
    | error_answers(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "file_too_large")
    | error_answers(HTTPStatus.UNPROCESSABLE_ENTITY, "validation_error", "unsupported_image")
    | error_answers(HTTPStatus.BAD_GATEWAY, "upload_failed"),
)
async def change_avatar(session: SessionDep, user: VerifiedUser, file: UploadFile) -> User:
    """Sets the avatar of the user: a JPEG, PNG, GIF or WebP of at most 2 MiB and 16 megapixels."""
    return await avatars.change(session, user, await read_file(file))
