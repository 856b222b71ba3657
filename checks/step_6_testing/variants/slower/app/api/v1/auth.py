"""Getting an account and logging in."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.security import OAuth2PasswordRequestForm

from app.api.deps import SESSION_ERRORS, LoginSessionsDep, MailerDep, SessionDep
from app.api.limits import LIMIT_ERRORS, limit_login, limit_registration, limit_resend
from app.core.errors import BODY_ERRORS, PARAMETER_ERRORS, error_answers
from app.models import User
from app.schemas.message import Message
from app.schemas.token import RefreshRequest, TokenPair
from app.schemas.user import EmailRequest, UserCreate, UserRead
from app.services import users

router = APIRouter(prefix="/auth", tags=["auth"], responses=SESSION_ERRORS | PARAMETER_ERRORS)


@router.post(
    "/register",
    status_code=HTTPStatus.CREATED,
    response_model=UserRead,
    responses=LIMIT_ERRORS | BODY_ERRORS | error_answers(HTTPStatus.CONFLICT, "email_taken"),
    dependencies=[Depends(limit_registration)],
)
async def register(session: SessionDep, mailer: MailerDep, data: UserCreate) -> User:
    """Opens an account. It can be used once the link in a message to its address was followed."""
    user = await users.register(session, data=data)
    mailer.send_verification(user)  # after the commit
    return user


@router.get(
    "/verify/{token}",
    responses=error_answers(HTTPStatus.BAD_REQUEST, "invalid_token", "expired_token", "wrong_purpose")
    | error_answers(HTTPStatus.NOT_FOUND, "not_found"),
)
async def verify_email(session: SessionDep, token: str) -> Message:
    """Where the link in the message leads: from now on the address is known to be the user's."""
    await users.verify_email(session, token)
    return Message(message="OK.")


@router.post(
    "/resend-verification",
    status_code=HTTPStatus.ACCEPTED,
    responses=LIMIT_ERRORS | BODY_ERRORS,
    dependencies=[Depends(limit_resend)],
)
async def resend_verification(session: SessionDep, mailer: MailerDep, data: EmailRequest) -> Message:
    """Sends another message. The answer is the same for every address, so that it reveals no account."""
    user = await users.find_by_email(session, data.email)
    await session.commit()  # ends the transaction now: closed later, it would let the message begin before the answer
    for account in [user] if user else []:
        if not account.is_verified:
            mailer.send_verification(account)
    return Message(message="Done.")


@router.post(
    "/login",
    responses=LIMIT_ERRORS
    | BODY_ERRORS
    | error_answers(HTTPStatus.UNAUTHORIZED, "bad_credentials")
    | error_answers(HTTPStatus.FORBIDDEN, "email_not_verified"),
    dependencies=[Depends(limit_login)],
)
async def log_in(session: SessionDep, form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> TokenPair:
    """Exchanges e-mail address (as `username`) and password for tokens."""
    username, password = form.username, form.password
    return await users.log_in(session, username, password)


@router.post(
    "/refresh",
    responses=BODY_ERRORS | error_answers(HTTPStatus.UNAUTHORIZED, "invalid_token", "token_revoked"),
)
async def refresh(session: SessionDep, login_sessions: LoginSessionsDep, data: RefreshRequest) -> TokenPair:
    """Exchanges a refresh token for a new pair of tokens. It works once."""
    return await users.refresh(session, login_sessions, data.refresh_token)


@router.post(
    "/logout",
    status_code=HTTPStatus.NO_CONTENT,
    responses=BODY_ERRORS | error_answers(HTTPStatus.UNAUTHORIZED, "invalid_token"),
)
async def log_out(login_sessions: LoginSessionsDep, data: RefreshRequest) -> None:
    """Ends the session of a refresh token. Its access token stays valid until it expires, for at most half an hour."""
    await users.log_out(login_sessions, data.refresh_token)
