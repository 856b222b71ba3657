"""The endpoints of the password reset."""

from http import HTTPStatus

from fastapi import APIRouter

from app.api.deps import SESSION_ERRORS, MailerDep, SessionDep
from app.api.limits import LIMIT_ERRORS
from app.core.errors import BODY_ERRORS, error_answers
from app.schemas.message import Message
from app.schemas.user import EmailRequest, NewPassword

router = APIRouter(prefix="/auth/password-reset", tags=["auth"], responses=SESSION_ERRORS | BODY_ERRORS)


@router.post(
    "/request",
    status_code=HTTPStatus.ACCEPTED,
    responses=LIMIT_ERRORS,
    # TODO 8.1: limit the requests, with limit_password_reset of app/api/limits.py.
)
async def request_password_reset(session: SessionDep, mailer: MailerDep, data: EmailRequest) -> Message:
    """Sends a token for a new password. The answer is the same for every address, so that it reveals no account."""
    raise NotImplementedError("Task 8.1: send the token")


@router.post(
    "/confirm", responses=error_answers(HTTPStatus.BAD_REQUEST, "invalid_token", "expired_token", "wrong_purpose")
)
async def confirm_password_reset(session: SessionDep, data: NewPassword) -> Message:
    """Sets a new password with the token from the message, and logs the user out everywhere."""
    raise NotImplementedError("Task 8.1: set the new password")
