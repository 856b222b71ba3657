"""A new password for somebody who has lost the old one."""

from http import HTTPStatus

from fastapi import APIRouter, Depends

from app.api.deps import SESSION_ERRORS, MailerDep, SessionDep
from app.api.limits import LIMIT_ERRORS, limit_password_reset
from app.core.errors import BODY_ERRORS, error_answers
from app.schemas.message import Message
from app.schemas.user import EmailRequest, NewPassword
from app.services import password_reset, users

router = APIRouter(prefix="/auth/password-reset", tags=["auth"], responses=SESSION_ERRORS | BODY_ERRORS)


@router.post(
    "/request",
    status_code=HTTPStatus.ACCEPTED,
    responses=LIMIT_ERRORS,
    dependencies=[Depends(limit_password_reset)],
)
async def request_password_reset(session: SessionDep, mailer: MailerDep, data: EmailRequest) -> Message:
    """Sends a token for a new password. The answer is the same for every address, whoever has an account."""
    user = await users.find_by_email(session, data.email)
    await session.commit()  # ends the transaction now: closed later, it would let the message begin before the answer
    if user is not None and user.is_active:
        mailer.send_password_reset(user)
    return Message(message="Look into your mailbox.")


@router.post(
    "/confirm", responses=error_answers(HTTPStatus.BAD_REQUEST, "invalid_token", "expired_token", "wrong_purpose")
)
async def confirm_password_reset(session: SessionDep, data: NewPassword) -> Message:
    """Sets a new password with the token from the message, and logs the user out everywhere."""
    await password_reset.confirm(session, data.token, data.password)
    return Message(message="Done.")
