"""The user's own account."""

from fastapi import APIRouter

from app.api.deps import CURRENT_USER_ERRORS, CurrentUser
from app.models import User
from app.schemas.user import UserRead

router = APIRouter(prefix="/users", tags=["users"], responses=CURRENT_USER_ERRORS)


@router.get("/me", response_model=UserRead)
async def read_me(user: CurrentUser) -> User:
    """Who is logged in."""
    return user
