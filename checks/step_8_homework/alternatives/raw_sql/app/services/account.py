"""Changing the password and deleting the account, in SQL."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden
from app.core.security import hash_password, password_matches
from app.models import User
from app.services.cloudinary_service import delete_avatar

SET = text("UPDATE users SET password_hash = :new WHERE id = :id AND password_hash = :old RETURNING id")
DELETE = text("DELETE FROM users WHERE id = :id")


async def change_password(session: AsyncSession, user: User, current_password: str, password: str) -> None:
    """Raises Forbidden for a wrong current password."""
    old = await _confirmed(session, user, current_password)
    values = {"id": user.id, "old": old, "new": await hash_password(password)}
    if await session.scalar(SET, values) is None:
        raise Forbidden("bad_password", "Wrong.")
    await session.commit()


async def delete_account(session: AsyncSession, user: User, password: str) -> None:
    """Raises Forbidden for a wrong password."""
    await _confirmed(session, user, password)
    if user.avatar_url:
        await delete_avatar(user.id)
    await session.execute(DELETE, {"id": user.id})
    await session.commit()


async def _confirmed(session: AsyncSession, user: User, password: str) -> str:
    stored = user.password_hash
    await session.commit()
    if not await password_matches(password, stored):
        raise Forbidden("bad_password", "Wrong.")
    return stored
