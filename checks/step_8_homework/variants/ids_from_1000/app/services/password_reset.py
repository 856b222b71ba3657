"""Setting a new password with a token from a message."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import BadRequest
from app.core.security import Purpose, hash_password, read_mailed_token
from app.models import User


async def confirm(session: AsyncSession, token: str, password: str) -> None:
    """Sets the new password of the token's user. Raises BadRequest.

    All other tokens of the user end with the old password, this one too: that is what makes it work only once.
    """
    claims = read_mailed_token(token, Purpose.PASSWORD_RESET)
    user = await session.scalar(select(User).where(User.id == claims.sub, User.email == claims.email, User.is_active))
    if user is None or user.fingerprint != claims.fingerprint:
        raise _unusable()
    old_hash = user.password_hash
    await session.commit()
    values = {"password_hash": await hash_password(password), "is_verified": True}
    statement = update(User).where(User.id == claims.sub, User.password_hash == old_hash).values(values)
    if (await session.execute(statement.returning(User.id))).scalar() is None:
        raise _unusable()
    await session.commit()


def _unusable() -> BadRequest:
    return BadRequest("invalid_token", "This token is spent.")
