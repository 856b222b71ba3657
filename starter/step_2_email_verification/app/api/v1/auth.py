"""Getting an account and logging in."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.security import OAuth2PasswordRequestForm

from app.api.deps import SESSION_ERRORS, MailerDep, SessionDep
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
    responses=BODY_ERRORS | error_answers(HTTPStatus.CONFLICT, "email_taken"),
)
async def register(session: SessionDep, mailer: MailerDep, data: UserCreate) -> User:
    """Opens an account. It can be used once the link in a message to its address was followed."""
    # TODO 2.2: send the link after the service has returned: the account is committed then. Why not earlier?
    return await users.register(session, data)


@router.get(
    "/verify/{token}",
    responses=error_answers(HTTPStatus.BAD_REQUEST, "invalid_token", "expired_token", "wrong_purpose")
    | error_answers(HTTPStatus.NOT_FOUND, "not_found"),
)
async def verify_email(session: SessionDep, token: str) -> Message:
    """Where the link in the message leads: from now on the address is known to be the user's."""
    # TODO 2.3: call the service, which raises BadRequest for an invalid link. Return a sentence for the user.
    raise NotImplementedError("Task 2.3: follow the link")


@router.post("/resend-verification", responses=BODY_ERRORS)
async def resend_verification(session: SessionDep, mailer: MailerDep, data: EmailRequest) -> Message:
    """Sends another message. The answer is the same for every address, so that it reveals no account."""
    # TODO 2.4: which users get a message? The answer must not reveal whether an address has an account. Return the same
    # status ("accepted", an argument of the decorator) and the same sentence in all cases.
    raise NotImplementedError("Task 2.4: send the message again")


@router.post("/login", responses=BODY_ERRORS | error_answers(HTTPStatus.UNAUTHORIZED, "bad_credentials"))
async def log_in(session: SessionDep, form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> TokenPair:
    """Exchanges e-mail address (as `username`) and password for tokens."""
    return await users.log_in(session, form.username, form.password)


@router.post("/refresh", responses=BODY_ERRORS | error_answers(HTTPStatus.UNAUTHORIZED, "invalid_token"))
async def refresh(session: SessionDep, data: RefreshRequest) -> TokenPair:
    """Exchanges a refresh token for a new pair of tokens."""
    return await users.refresh(session, data.refresh_token)
