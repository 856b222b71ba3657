"""The requests about passwords."""

from fastapi import APIRouter, Depends

from app.api.deps import CacheDep, CurrentUser, MailerDep, SessionDep
from app.api.limits import limit_password_reset
from app.passwords import service
from app.schemas.message import Message
from app.schemas.user import EmailRequest, NewPassword, PasswordChange, PasswordConfirmation
from app.services import birthdays
from app.services.users import find_by_email

router = APIRouter()
ASKED = Message(message="Look into your mailbox.")
DONE = Message(message="Log in with your new password.")


@router.post(
    "/auth/password-reset/request", status_code=202, dependencies=[Depends(limit_password_reset)], tags=["auth"]
)
async def ask_for_reset(session: SessionDep, mailer: MailerDep, data: EmailRequest) -> Message:
    """Sends a token to an address that has an account."""
    if (user := await find_by_email(session, data.email)) and user.is_active:
        await session.commit()
        mailer.send_password_reset(user)
    return ASKED


@router.post("/auth/password-reset/confirm", tags=["auth"])
async def reset(session: SessionDep, data: NewPassword) -> Message:
    """Sets a password with a token."""
    await service.reset(session, data)
    return DONE


@router.post("/users/me/password", status_code=204, tags=["users"])
async def change(session: SessionDep, user: CurrentUser, data: PasswordChange) -> None:
    """Sets a password with the current one."""
    await service.confirm(session, user, data.current_password)
    await service.store(session, user, data.password, service.refused())


@router.delete("/users/me", status_code=204, tags=["users"])
async def leave(session: SessionDep, cache: CacheDep, user: CurrentUser, data: PasswordConfirmation) -> None:
    """Deletes the account."""
    await service.confirm(session, user, data.password)
    await service.leave(session, user)
    await birthdays.invalidate(cache, user.id)
