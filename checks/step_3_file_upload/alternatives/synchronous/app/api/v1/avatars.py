"""Avatars over HTTP, in a function that runs in a thread."""

from fastapi import APIRouter, UploadFile

from app.api.deps import VerifiedUser
from app.api.uploads import LARGEST_FILE, UploadRoute
from app.core.errors import PayloadTooLarge
from app.models import User
from app.schemas.user import UserRead
from app.services import avatars

router = APIRouter(tags=["users"], route_class=UploadRoute)


@router.post("/users/me/avatar", response_model=UserRead)
def set_avatar(user: VerifiedUser, file: UploadFile) -> User:
    """Changes the picture that others see."""
    content = file.file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise PayloadTooLarge("file_too_large", "That is more than two mebibytes.")
    return avatars.change(user.id, content)
