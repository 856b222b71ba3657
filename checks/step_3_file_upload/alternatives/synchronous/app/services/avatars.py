"""The avatars of users."""

from app.core.errors import BadGateway, UnprocessableContent
from app.core.threads import sessions
from app.models import User
from app.services.cloudinary_service import store
from app.services.images import as_png


def change(user_id: int, content: bytes) -> User:
    """The user with the new picture."""
    try:
        picture = as_png(content)
    except Exception as error:
        raise UnprocessableContent("unsupported_image", "We cannot read this picture.", "body.file") from error
    try:
        address = store(user_id, picture)
    except Exception as error:
        raise BadGateway("upload_failed", "The pictures are away.") from error
    with sessions()() as session:
        user = session.get_one(User, user_id)
        user.avatar_url = address
        session.commit()
        return user
