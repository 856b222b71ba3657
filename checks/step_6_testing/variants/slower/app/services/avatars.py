"""The pictures that users show of themselves."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User
from app.services.cloudinary_service import upload_avatar
from app.services.images import reencode


async def change(session: AsyncSession, user: User, file: bytes) -> User:
    """The user with a new avatar. Raises UnprocessableContent and BadGateway; then the old one stays."""
    await session.commit()  # returns the connection: nobody else should have to wait until the picture is stored
    reencoded = await reencode(file)
    user.avatar_url = await upload_avatar(user.id, reencoded)
    await session.commit()
    return user
