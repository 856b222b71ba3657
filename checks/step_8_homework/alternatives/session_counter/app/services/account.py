"""What a user does with their own account, and must confirm with the password."""

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden
from app.core.security import hash_password, password_matches
from app.models import User
from app.services.cloudinary_service import delete_avatar


async def change_password(session: AsyncSession, user: User, current_password: str, password: str) -> None:
    """Set a new password. It ends all sessions of the user. Raises Forbidden."""
    await _demand_password(session, user, current_password)
    new_hash = await hash_password(password)
    changed = await session.execute(
        update(User)
        # If another request has changed the password in the meantime, `current_password` is no longer the current one.
        .where(User.id == user.id, User.generation == user.generation)
        .values(password_hash=new_hash, generation=User.generation + 1)
        .returning(User.id)
    )
    if changed.scalar() is None:
        raise _wrong_password()
    await session.commit()


async def delete_account(session: AsyncSession, user: User, password: str) -> None:
    """Delete a user with the avatar and all contacts. Raises Forbidden, and BadGateway if the avatar stays.

    The avatar goes first: once the user is gone, no request can delete it any more.
    """
    await _demand_password(session, user, password)
    if user.avatar_url:
        await delete_avatar(user.id)
    await session.execute(delete(User).where(User.id == user.id))  # the database deletes the contacts with it
    await session.commit()


async def _demand_password(session: AsyncSession, user: User, password: str) -> None:
    await session.commit()  # returns the connection to the pool: hashing is slow, and needs none
    if not await password_matches(password, user.password_hash):
        raise _wrong_password()


def _wrong_password() -> Forbidden:
    return Forbidden("bad_password", "This is not your password.")
