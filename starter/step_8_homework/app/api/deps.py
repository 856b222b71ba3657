"""Dependencies of endpoints, as types. For OpenAPI, each `..._ERRORS` lists the error answers of a dependency."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core.cache import Cache
from app.core.database import get_session, get_sessions
from app.core.errors import Unauthorized, error_answers
from app.core.security import Claims, Purpose, read_token
from app.models import User
from app.services import users
from app.services.email import Mailer
from app.services.sessions import LoginSessions

SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
"""Is closed before the answer is sent, so that a client that reads slowly keeps no connection of the pool."""
SESSION_ERRORS = error_answers(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")
SessionsDep = Annotated[async_sessionmaker[AsyncSession], Depends(get_sessions)]
"""For endpoints that do not always need a session."""


async def get_mailer(request: Request) -> Mailer:
    """The mailer, one for the whole application."""
    mailer: Mailer = request.app.state.mailer
    return mailer


MailerDep = Annotated[Mailer, Depends(get_mailer)]


async def get_cache(request: Request) -> Cache:
    """The cache, one for the whole application."""
    cache: Cache = request.app.state.cache
    return cache


CacheDep = Annotated[Cache, Depends(get_cache)]


async def get_login_sessions(request: Request) -> LoginSessions:
    """The store of ended login sessions, one for the whole application."""
    login_sessions: LoginSessions = request.app.state.login_sessions
    return login_sessions


LoginSessionsDep = Annotated[LoginSessions, Depends(get_login_sessions)]

# auto_error is off because the framework's own 401 has another shape than ours.
_bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/login", auto_error=False)


async def get_access_claims(token: Annotated[str | None, Depends(_bearer)]) -> Claims:
    """The claims of the access token of the request. Raises Unauthorized."""
    if token is None:
        raise Unauthorized("not_authenticated", "Log in first.")
    return read_token(token, Purpose.ACCESS)


AccessClaims = Annotated[Claims, Depends(get_access_claims)]


async def get_current_user(session: SessionDep, claims: AccessClaims) -> User:
    """The user to whom the access token of the request belongs. Raises Unauthorized."""
    return await users.find_by_claims(session, claims)


CurrentUser = Annotated[User, Depends(get_current_user)]
CURRENT_USER_ERRORS = SESSION_ERRORS | error_answers(HTTPStatus.UNAUTHORIZED, "not_authenticated", "invalid_token")


async def get_verified_user(user: CurrentUser) -> User:
    """The current user, if their e-mail address is verified. Raises Forbidden."""
    users.demand_verified(user)
    return user


VerifiedUser = Annotated[User, Depends(get_verified_user)]
VERIFIED_USER_ERRORS = CURRENT_USER_ERRORS | error_answers(HTTPStatus.FORBIDDEN, "email_not_verified")


async def get_admin(user: VerifiedUser) -> User:
    """The current user, if they are an admin. Raises Forbidden."""
    # TODO 8.3: Let only admins pass. Role is in app/models/user.py.
    raise NotImplementedError("Task 8.3: ask for the role")


Admin = Annotated[User, Depends(get_admin)]
ADMIN_ERRORS = CURRENT_USER_ERRORS | error_answers(HTTPStatus.FORBIDDEN, "email_not_verified", "admins_only")
