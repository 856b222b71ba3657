"""Getting an account and logging in."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.security import OAuth2PasswordRequestForm

from app.api.deps import SESSION_ERRORS, SessionDep
from app.core.errors import BODY_ERRORS, error_answers
from app.models import User
from app.schemas.token import RefreshRequest, TokenPair
from app.schemas.user import UserCreate, UserRead
from app.services import users
from app.verification import mail

router = APIRouter(prefix="/auth", tags=["auth"], responses=SESSION_ERRORS | BODY_ERRORS)


@router.post(
    "/register",
    status_code=HTTPStatus.CREATED,
    response_model=UserRead,
    responses=error_answers(HTTPStatus.CONFLICT, "email_taken"),
)
async def register(session: SessionDep, data: UserCreate) -> User:
    """Opens an account."""
    user = await users.register(session, data)
    mail.invite(user)
    return user


@router.post("/login", responses=error_answers(HTTPStatus.UNAUTHORIZED, "bad_credentials"))
async def log_in(session: SessionDep, form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> TokenPair:
    """Exchanges e-mail address (as `username`) and password for tokens."""
    return await users.log_in(session, form.username, form.password)


@router.post("/refresh", responses=error_answers(HTTPStatus.UNAUTHORIZED, "invalid_token"))
async def refresh(session: SessionDep, data: RefreshRequest) -> TokenPair:
    """Exchanges a refresh token for a new pair of tokens."""
    return await users.refresh(session, data.refresh_token)
