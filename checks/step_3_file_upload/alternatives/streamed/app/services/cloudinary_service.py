"""Keeps avatars in Cloudinary, and has the square made there at once."""

import asyncio
import base64
from typing import Any

import cloudinary
import cloudinary.uploader

from app.core.config import get_settings
from app.core.errors import BadGateway

FILL = {"transformation": [{"crop": "fill", "width": 200, "height": 200}]}


async def upload_avatar(user_id: int, picture: bytes) -> str:
    """Stores the picture. Returns the address that was made of it."""
    settings = get_settings()
    options: dict[str, Any] = {
        "cloud_name": settings.cloudinary_cloud_name,
        "api_key": settings.cloudinary_api_key.get_secret_value(),
        "api_secret": settings.cloudinary_api_secret.get_secret_value(),
        "upload_prefix": settings.cloudinary_upload_prefix,
        "timeout": settings.cloudinary_timeout,
    }
    try:
        answer = await asyncio.to_thread(
            cloudinary.uploader.upload,
            "data:image/png;base64," + base64.b64encode(picture).decode(),
            public_id=f"avatars/{user_id}",
            overwrite=True,
            invalidate=True,
            eager=[FILL],
            **options,
        )
        return str(answer["eager"][0]["secure_url"])
    except Exception as error:
        raise BadGateway("upload_failed", "Your picture did not arrive. Please try later.") from error
