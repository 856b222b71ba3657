"""Accounts over HTTP."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends
from fastapi.security import OAuth2PasswordRequestForm

from app.api.deps import SessionDep
from app.models import User
from app.schemas.token import RefreshRequest, TokenPair
from app.schemas.user import EmailRequest, UserCreate, UserRead
from app.services import users
from app.services.email import send_link

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/register", status_code=201, response_model=UserRead)
async def register(session: SessionDep, background: BackgroundTasks, data: UserCreate) -> User:
    """A new account."""
    user = await users.register(session, data)
    background.add_task(send_link, user.id, user.email)
    return user


@router.get("/verify/{token}")
async def verify(session: SessionDep, token: str) -> dict[str, str]:
    """The link."""
    await users.verify_email(session, token)
    return {"message": "Дякуємо!", "next": "/docs"}


@router.post("/resend-verification", status_code=202)
async def once_more(session: SessionDep, background: BackgroundTasks, data: EmailRequest) -> dict[str, str]:
    """The link again."""
    user = await users.find_by_email(session, data.email)
    if user is not None and not user.is_verified:
        background.add_task(send_link, user.id, user.email)
    return {"message": "Перевірте пошту."}


@router.post("/login")
async def log_in(session: SessionDep, form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> TokenPair:
    """Tokens for a password."""
    return await users.log_in(session, form.username, form.password)


@router.post("/refresh")
async def refresh(session: SessionDep, data: RefreshRequest) -> TokenPair:
    """Tokens for a token."""
    return await users.refresh(session, data.refresh_token)
