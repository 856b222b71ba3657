"""The avatars of users."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User


async def change(session: AsyncSession, user: User, file: bytes) -> User:
    """Changes the user's avatar. Raises UnprocessableContent or BadGateway, and keeps the old one then."""
    # TODO 3.2: re-encode the file first. This refuses a file that is not an image. The rest follows in task 3.3.
    # TODO 3.3: then upload the image, set the URL in the user's row, and commit.
    # - Which order changes nothing if one of these steps fails?
    # - An upload must not hold a connection to the database. Which call returns it to the pool before the upload?
    raise NotImplementedError("Task 3.3: change an avatar")
