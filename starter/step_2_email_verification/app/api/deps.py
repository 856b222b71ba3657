"""Dependencies of endpoints, as types. For OpenAPI, each `..._ERRORS` lists the error answers of a dependency."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import get_session
from app.core.errors import Unauthorized, error_answers
from app.core.security import Purpose
from app.models import User
from app.services import users
from app.services.email import Mailer

SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
"""Is closed before the answer is sent, so that a client that reads slowly keeps no connection of the pool."""
SESSION_ERRORS = error_answers(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")


async def get_mailer(request: Request) -> Mailer:
    """The mailer, one for the whole application."""
    mailer: Mailer = request.app.state.mailer
    return mailer


MailerDep = Annotated[Mailer, Depends(get_mailer)]

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
    """The current user, if their e-mail address is verified. Raises Forbidden."""
    # TODO 2.5: call the service, which has the rule. Then use VerifiedUser in place of CurrentUser in every endpoint of
    # app/api/v1/contacts.py, and document it with VERIFIED_USER_ERRORS. Does /users/me need it too?
    raise NotImplementedError("Task 2.5: let in who is verified")


VerifiedUser = Annotated[User, Depends(get_verified_user)]
VERIFIED_USER_ERRORS = CURRENT_USER_ERRORS | error_answers(HTTPStatus.FORBIDDEN, "email_not_verified")
