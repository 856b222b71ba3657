"""Getting an account and logging in."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.security import OAuth2PasswordRequestForm

from app.api.deps import SESSION_ERRORS, LoginSessionsDep, MailerDep, SessionDep
from app.api.limits import LIMIT_ERRORS, limit_login, limit_registration, limit_resend
from app.api.refresh_cookie import COOKIE_HEADER, RefreshToken, delete_refresh_cookie, set_refresh_cookie
from app.core.errors import BODY_ERRORS, PARAMETER_ERRORS, error_answers
from app.models import User
from app.schemas.message import Message
from app.schemas.token import TokenPair
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
    user = await users.register(session, data)
    mailer.send_verification(user)
    return user


@router.get(
    "/verify/{token}",
    responses=error_answers(HTTPStatus.BAD_REQUEST, "invalid_token", "expired_token", "wrong_purpose")
    | error_answers(HTTPStatus.NOT_FOUND, "not_found"),
)
async def verify_email(session: SessionDep, token: str) -> Message:
    """Where the link in the message leads: from now on the address is known to be the user's."""
    await users.verify_email(session, token)
    return Message(message="Your e-mail address is verified. You can log in now.")


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
    if user and user.is_active and not user.is_verified:
        mailer.send_verification(user)
    return Message(message="If this address waits to be verified, a message is on its way.")


@router.post(
    "/login",
    responses=LIMIT_ERRORS
    | BODY_ERRORS
    | error_answers(HTTPStatus.UNAUTHORIZED, "bad_credentials")
    | error_answers(HTTPStatus.FORBIDDEN, "email_not_verified", "account_deactivated")
    | {HTTPStatus.OK: COOKIE_HEADER},
    dependencies=[Depends(limit_login)],
)
async def log_in(
    session: SessionDep, form: Annotated[OAuth2PasswordRequestForm, Depends()], response: Response
) -> TokenPair:
    """Exchanges e-mail address (as `username`) and password for tokens. The refresh token comes in a cookie too."""
    tokens = await users.log_in(session, form.username, form.password)
    set_refresh_cookie(response, tokens)
    return tokens


@router.post(
    "/refresh",
    responses=BODY_ERRORS
    | error_answers(HTTPStatus.UNAUTHORIZED, "invalid_token", "token_revoked")
    | {HTTPStatus.OK: COOKIE_HEADER},
)
async def refresh(
    session: SessionDep, login_sessions: LoginSessionsDep, refresh_token: RefreshToken, response: Response
) -> TokenPair:
    """Exchanges a refresh token, in the body or in the cookie, for a new pair of tokens. It works once."""
    tokens = await users.refresh(session, login_sessions, refresh_token)
    set_refresh_cookie(response, tokens)
    return tokens


@router.post(
    "/logout",
    status_code=HTTPStatus.NO_CONTENT,
    responses=BODY_ERRORS
    | error_answers(HTTPStatus.UNAUTHORIZED, "invalid_token")
    | {HTTPStatus.NO_CONTENT: COOKIE_HEADER},
)
async def log_out(login_sessions: LoginSessionsDep, refresh_token: RefreshToken, response: Response) -> None:
    """Ends the session of a refresh token. Its access token stays valid until it expires, for at most half an hour."""
    await users.log_out(login_sessions, refresh_token)
    delete_refresh_cookie(response)
