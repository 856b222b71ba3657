"""The avatars of users."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User
from app.services.cloudinary_service import upload_avatar
from app.services.images import reencode


async def change(session: AsyncSession, user: User, file: bytes) -> User:
    """Changes the user's avatar. Raises UnprocessableContent or BadGateway, and keeps the old one then."""
    await session.commit()  # returns the connection to the pool: an upload takes seconds
    picture = await reencode(file)
    url = await upload_avatar(user.id, picture)
    user.avatar_url = url
    await session.commit()
    return user
