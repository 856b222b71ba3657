"""What endpoints ask for."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import get_session
from app.core.errors import Forbidden, Unauthorized, error_answers
from app.core.security import Purpose
from app.models import User
from app.services import users

SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
"""Is closed before the answer is sent, so that a client that reads slowly keeps no connection of the pool."""
SESSION_ERRORS = error_answers(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")

_bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/login", auto_error=False)


async def get_current_user(session: SessionDep, token: Annotated[str | None, Depends(_bearer)]) -> User:
    """Who asks."""
    if token is None:
        raise Unauthorized("no_token", "Спершу увійдіть.")
    return await users.find_by_token(session, token, Purpose.ACCESS)


CurrentUser = Annotated[User, Depends(get_current_user)]
CURRENT_USER_ERRORS = SESSION_ERRORS | error_answers(HTTPStatus.UNAUTHORIZED, "not_authenticated", "invalid_token")


def only_verified(user: CurrentUser) -> User:
    """Who asks, if they have followed the link."""
    if user.is_verified:
        return user
    raise Forbidden("email_not_verified", "Спершу відкрийте посилання з листа.")


VerifiedUser = Annotated[User, Depends(only_verified)]
VERIFIED_USER_ERRORS = CURRENT_USER_ERRORS | error_answers(HTTPStatus.FORBIDDEN, "email_not_verified")
