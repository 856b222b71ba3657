"""Where pictures are kept."""

import io
from typing import Any

import cloudinary.uploader
from cloudinary.utils import cloudinary_url

from app.core.config import Settings


def keep(settings: Settings, name: str, picture: bytes) -> str:
    """Keeps a picture under this name; its address."""
    account: dict[str, Any] = {
        "cloud_name": settings.cloudinary_cloud_name,
        "api_key": settings.cloudinary_api_key.get_secret_value(),
        "api_secret": settings.cloudinary_api_secret.get_secret_value(),
    }
    answer = cloudinary.uploader.upload(
        io.BytesIO(picture),
        public_id=name,
        overwrite=True,
        invalidate=True,
        resource_type="image",
        upload_prefix=settings.cloudinary_upload_prefix,
        timeout=settings.cloudinary_timeout,
        **account,
    )
    address, _ = cloudinary_url(
        answer["public_id"],
        version=answer["version"],
        format=answer["format"],
        transformation=[{"width": 200, "height": 200, "crop": "fill", "gravity": "face"}],
        secure=True,
        cloud_name=settings.cloudinary_cloud_name,
    )
    return str(address)
