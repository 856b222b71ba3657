"""Dependencies of endpoints, as types. For OpenAPI, each `..._ERRORS` lists the error answers of a dependency."""

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

# auto_error is off because the framework's own 401 has another shape than ours.
_bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/login", auto_error=False)


async def get_current_user(session: SessionDep, token: Annotated[str | None, Depends(_bearer)]) -> User:
    """The user to whom the access token of the request belongs. Raises Unauthorized."""
    if token is None:
        raise Unauthorized("not_authenticated", "Log in first.")
    return await users.find_by_token(session, token, Purpose.ACCESS)


CurrentUser = Annotated[User, Depends(get_current_user)]
CURRENT_USER_ERRORS = SESSION_ERRORS | error_answers(HTTPStatus.UNAUTHORIZED, "not_authenticated", "invalid_token")


async def get_verified_user(user: CurrentUser) -> User:
    """Who asks, if the address is theirs."""
    if user.verified_at is None:
        raise Forbidden("email_not_verified", "Is this you? Look into your mailbox.")
    return user


VerifiedUser = Annotated[User, Depends(get_verified_user)]
VERIFIED_USER_ERRORS = CURRENT_USER_ERRORS | error_answers(HTTPStatus.FORBIDDEN, "email_not_verified")
