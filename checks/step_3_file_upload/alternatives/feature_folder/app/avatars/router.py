"""Avatars over HTTP."""

import asyncio
import logging
from typing import Annotated

from fastapi import APIRouter, File
from sqlalchemy import update

from app.api.deps import SessionDep, VerifiedUser
from app.avatars.limit import LARGEST
from app.avatars.pictures import drawn_anew
from app.avatars.store import keep
from app.core.config import get_settings
from app.core.errors import BadGateway, PayloadTooLarge, UnprocessableContent
from app.models import User
from app.schemas.user import UserRead

router = APIRouter(prefix="/users/me")
logger = logging.getLogger(__name__)


@router.post("/avatar")
async def avatar(session: SessionDep, user: VerifiedUser, file: Annotated[bytes, File()]) -> UserRead:
    """A new picture of the user."""
    if len(file) > LARGEST:
        raise PayloadTooLarge("file_too_large", "Pictures have 2 MiB at most.")
    picture = await asyncio.to_thread(drawn_anew, file)
    if picture is None:
        raise UnprocessableContent("unsupported_image", "JPEG, PNG, GIF or WebP, please.", "body.file")
    try:
        address = await asyncio.to_thread(keep, get_settings(), f"avatars/{user.id}", picture)
    except Exception as failure:
        logger.exception("no avatar for user %s", user.id)
        raise BadGateway("upload_failed", "Our picture store does not answer.") from failure
    await session.execute(update(User).where(User.id == user.id).values(avatar_url=address))
    await session.commit()
    await session.refresh(user)
    return UserRead.model_validate(user)
