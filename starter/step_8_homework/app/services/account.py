"""What a user does with their own account, and must confirm with the password."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User


async def change_password(session: AsyncSession, user: User, current_password: str, password: str) -> None:
    """Set a new password. It ends all sessions of the user. Raises Forbidden."""
    # TODO 8.2: Compare the current password, then store the hash of the new one.
    raise NotImplementedError("Task 8.2: change the password")


async def delete_account(session: AsyncSession, user: User, password: str) -> None:
    """Delete a user with the avatar and all contacts. Raises Forbidden, and BadGateway if the avatar stays.

    The avatar goes first: once the user is gone, no request can delete it any more.
    """
    # TODO 8.2: Compare the password, then delete the avatar and the row. The database deletes the contacts with it.
    raise NotImplementedError("Task 8.2: delete the account")
