"""Changing the password of the user's own account, and deleting the account."""

from http import HTTPStatus

from fastapi import APIRouter

from app.api.deps import CURRENT_USER_ERRORS, CacheDep, CurrentUser, SessionDep
from app.core.errors import BODY_ERRORS, error_answers
from app.schemas.user import PasswordChange, PasswordConfirmation
from app.services import account, birthdays

router = APIRouter(
    prefix="/users/me",
    tags=["users"],
    responses=CURRENT_USER_ERRORS | BODY_ERRORS | error_answers(HTTPStatus.FORBIDDEN, "bad_password"),
)


@router.post("/password", status_code=HTTPStatus.NO_CONTENT)
async def change_password(session: SessionDep, user: CurrentUser, data: PasswordChange) -> None:
    """Sets a new password and logs the user out everywhere."""
    await account.change_password(session, user, data.current_password, data.password)


@router.delete(
    "",
    status_code=HTTPStatus.NO_CONTENT,
    responses=error_answers(HTTPStatus.BAD_GATEWAY, "delete_failed"),
)
async def delete_account(session: SessionDep, cache: CacheDep, user: CurrentUser, data: PasswordConfirmation) -> None:
    """Deletes the account with its contacts, its avatar and its sessions."""
    await account.delete_account(session, user, data.password)
    await birthdays.invalidate(cache, user.id)
