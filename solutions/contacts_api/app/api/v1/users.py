"""The user's own account."""

from http import HTTPStatus

from fastapi import APIRouter

from app.api.deps import CurrentUser
from app.core.errors import error_answers
from app.models import User
from app.schemas.user import UserRead

router = APIRouter(prefix="/users", tags=["users"], responses=error_answers(HTTPStatus.UNAUTHORIZED))


@router.get("/me", response_model=UserRead)
async def read_me(user: CurrentUser) -> User:
    """Who is logged in."""
    return user
