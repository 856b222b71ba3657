"""What admins may do. Who is one has been found out before."""

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, NotFound, Unauthorized
from app.models import User
from app.models.user import Role
from app.schemas.page import Page, PageParams
from app.schemas.user import UserReadByAdmin


async def read_users(session: AsyncSession, page: PageParams) -> Page[UserReadByAdmin]:
    """A page of all users, the oldest account first."""
    users = await session.scalars(select(User).order_by(User.id).limit(page.limit).offset(page.offset))
    return Page(
        items=[UserReadByAdmin.model_validate(user) for user in users],
        total=await session.scalar(select(func.count()).select_from(User)) or 0,
        limit=page.limit,
        offset=page.offset,
    )


async def set_active(session: AsyncSession, admin: User, user_id: int, active: bool) -> User:
    """The user, after an admin has closed or opened the account. Raises NotFound, Conflict and Unauthorized."""
    if user_id == admin.id:
        raise Conflict("own_account", "Another administrator has to do this: the last one must not lock the door.")
    await _lock_admins(session)
    # Read again what other requests may have changed or deleted before the lock.
    still_admin = await session.get(User, admin.id, populate_existing=True)
    if still_admin is None or not still_admin.is_active:
        raise Unauthorized("invalid_token", "Another administrator has closed your account.")
    user = await session.get(User, user_id, populate_existing=True)
    if user is None:
        raise NotFound("user_not_found", "There is no such user.")
    if user.is_active and not active:
        user.generation += 1
    user.is_active = active
    await session.commit()
    return user


async def _lock_admins(session: AsyncSession) -> None:
    """Makes other requests of admins wait until the commit. Else two admins could deactivate each other at once.

    An UPDATE that changes nothing locks rows in PostgreSQL, and the database file in SQLite.
    """
    await session.execute(update(User).where(User.role == Role.ADMIN).values(role=Role.ADMIN))
