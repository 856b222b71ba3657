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
    claims = read_mailed_token(token, Purpose.PASSWORD_RESET)
    user = await session.get(User, claims.sub)
    if user is None or not user.is_active or user.email != claims.email:
        raise _unusable()
    if claims.fingerprint != user.fingerprint:
        raise _unusable()
    await session.commit()  # returns the connection to the pool: hashing is slow, and needs none
    new_hash = await hash_password(password)
    changed = await session.execute(
        update(User)
        .where(User.id == user.id, User.generation == user.generation)
        # Whoever has the token reads the mail of this address.
        .values(password_hash=new_hash, is_verified=True, generation=User.generation + 1)
        .returning(User.id)
    )
    if changed.scalar() is None:
        raise _unusable()
    await session.commit()


def _unusable() -> BadRequest:
    return BadRequest("invalid_token", "This token was used already, or is too old. Ask for a new one.")
