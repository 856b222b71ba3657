"""The pictures that users show of themselves."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User


async def change(session: AsyncSession, user: User, file: bytes) -> User:
    """The user with a new avatar. Raises UnprocessableContent and BadGateway; then the old one stays."""
    # TODO 3.2: re-encode the file first. A file that is no image is refused here. The rest follows in task 3.3.
    # TODO 3.3: then store it, remember under which URL it is shown, commit.
    # - In which order, so that nothing has changed when one of them fails?
    # - A connection to the database that waits for Cloudinary is missing elsewhere. Which call gives it back before?
    raise NotImplementedError("Task 3.3: change an avatar")
