"""What admins do with other people's accounts."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.api.deps import ADMIN_ERRORS, Admin, SessionDep
from app.core.database import LARGEST_INTEGER
from app.core.errors import BODY_ERRORS, PARAMETER_ERRORS, error_answers
from app.models import User
from app.schemas.page import Page, PageParams
from app.schemas.user import UserReadByAdmin, UserUpdateByAdmin
from app.services import admin

router = APIRouter(prefix="/admin", tags=["admin"], responses=ADMIN_ERRORS | PARAMETER_ERRORS)

UserId = Annotated[int, Path(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]


@router.get("/users")
async def list_users(session: SessionDep, _admin: Admin, page: Annotated[PageParams, Query()]) -> Page[UserReadByAdmin]:
    """A page of all users, the oldest account first."""
    return await admin.read_users(session, page)


@router.patch(
    "/users/{user_id}",
    response_model=UserReadByAdmin,
    responses=BODY_ERRORS
    | error_answers(HTTPStatus.NOT_FOUND, "user_not_found", "not_found")
    | error_answers(HTTPStatus.CONFLICT, "own_account"),
)
async def update_user(session: SessionDep, asking: Admin, user_id: UserId, changes: UserUpdateByAdmin) -> User:
    """Deactivates a user, who is logged out everywhere at once, or lets them in again."""
    return await admin.set_active(session, asking, user_id, changes.is_active)
