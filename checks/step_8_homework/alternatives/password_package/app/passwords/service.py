"""The rules about passwords."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ApplicationError, BadRequest, Forbidden
from app.core.security import Purpose, hash_password, password_matches, read_mailed_token
from app.models import User
from app.schemas.user import NewPassword
from app.services.cloudinary_service import delete_avatar


def refused() -> Forbidden:
    """A wrong current password."""
    return Forbidden("bad_password", "Wrong.")


def spent() -> BadRequest:
    """A token that fits no row any more."""
    return BadRequest("invalid_token", "Ask for another token.")


async def confirm(session: AsyncSession, user: User, password: str) -> None:
    """Raises Forbidden unless this is the user's password."""
    await session.commit()
    if not await password_matches(password, user.password_hash):
        raise refused()


async def store(session: AsyncSession, user: User, password: str, lost_race: ApplicationError) -> None:
    """Stores a password. Raises `lost_race` if another request was faster."""
    old = user.password_hash
    await session.commit()
    new = await hash_password(password)
    statement = update(User).where(User.id == user.id).where(User.password_hash == old).values(password_hash=new)
    if await session.scalar(statement.returning(User.id)) is None:
        raise lost_race
    await session.commit()


async def reset(session: AsyncSession, data: NewPassword) -> None:
    """Sets the password of the user whom the token names."""
    claims = read_mailed_token(data.token, Purpose.PASSWORD_RESET)
    user = await session.get(User, claims.sub)
    if user is None or (user.is_active, user.email, user.fingerprint) != (True, claims.email, claims.fingerprint):
        raise spent()
    await store(session, user, data.password, spent())


async def leave(session: AsyncSession, user: User) -> None:
    """Deletes the picture and the row."""
    if user.avatar_url is not None:
        await delete_avatar(user.id)
    await session.delete(await session.merge(user))
    await session.commit()
