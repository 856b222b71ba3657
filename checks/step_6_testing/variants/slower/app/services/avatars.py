"""The avatars of users."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User
from app.services.cloudinary_service import upload_avatar
from app.services.images import reencode


async def change(session: AsyncSession, user: User, file: bytes) -> User:
    """Changes the user's avatar. Raises UnprocessableContent or BadGateway, and keeps the old one then."""
    await session.commit()  # returns the connection to the pool: an upload takes seconds
    reencoded = await reencode(file)
    user.avatar_url = await upload_avatar(user.id, reencoded)
    await session.commit()
    return user
