"""What admins do with other people's accounts."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.api.deps import Admin, SessionDep
from app.core.database import LARGEST_INTEGER
from app.core.errors import error_answers
from app.models import User
from app.schemas.page import Page, PageParams
from app.schemas.user import UserReadByAdmin, UserUpdateByAdmin
from app.services import admin

router = APIRouter(
    prefix="/admin",
    tags=["admin"],
    responses=error_answers(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY),
)

UserId = Annotated[int, Path(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]


@router.get("/users")
async def list_users(session: SessionDep, _admin: Admin, page: Annotated[PageParams, Query()]) -> Page[UserReadByAdmin]:
    """A page of all users, the oldest account first."""
    return await admin.read_users(session, page)


@router.patch(
    "/users/{user_id}",
    response_model=UserReadByAdmin,
    responses=error_answers(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
async def update_user(session: SessionDep, asking: Admin, user_id: UserId, changes: UserUpdateByAdmin) -> User:
    """Deactivates a user, who is logged out everywhere at once, or lets them in again."""
    return await admin.set_active(session, asking, user_id, changes.is_active)
