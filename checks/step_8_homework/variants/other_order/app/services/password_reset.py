"""Setting a new password with a token from a message."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import BadRequest
from app.core.security import Purpose, hash_password, read_mailed_token
from app.models import User


async def confirm(session: AsyncSession, token: str, password: str) -> None:
    """Sets the new password of the token's user. Raises BadRequest.

    All other tokens of the user end with the old password, this one too: that is what makes it work only once.
    """
    claims = read_mailed_token(token, purpose=Purpose.PASSWORD_RESET)
    user = await session.get(User, claims.sub)
    if user is None or user.email != claims.email:
        raise _unusable()
    if not user.is_active or user.fingerprint != claims.fingerprint:
        raise _unusable()
    before = (User.id == user.id) & (User.password_hash == user.password_hash)
    await session.commit()
    hashed = await hash_password(password)
    changed = update(User).where(before).values(is_verified=True, password_hash=hashed).returning(User.id)
    if not await session.scalar(changed):
        raise _unusable()
    await session.commit()


def _unusable() -> BadRequest:
    return BadRequest("invalid_token", "Ask for another token.")
