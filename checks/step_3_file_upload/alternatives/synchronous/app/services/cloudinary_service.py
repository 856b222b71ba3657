"""Cloudinary through its SDK, with the SDK's own settings and its own addresses."""

from cloudinary import CloudinaryImage, config
from cloudinary.uploader import upload

from app.core.config import get_settings


def store(user_id: int, picture: bytes) -> str:
    """Stores a picture; the address of its square. Raises whatever the SDK raises."""
    settings = get_settings()
    config(
        cloud_name=settings.cloudinary_cloud_name,
        api_key=settings.cloudinary_api_key.get_secret_value(),
        api_secret=settings.cloudinary_api_secret.get_secret_value(),
        upload_prefix=settings.cloudinary_upload_prefix,
        secure=True,
    )
    stored = upload(
        picture,
        folder="avatars",
        public_id=str(user_id),
        overwrite=True,
        invalidate=True,
        timeout=settings.cloudinary_timeout,
    )
    image = CloudinaryImage(stored["public_id"], version=stored["version"])
    return str(image.build_url(width=200, height=200, crop="fill"))
