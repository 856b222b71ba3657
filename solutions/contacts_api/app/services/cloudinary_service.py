"""Stores avatars in Cloudinary. For another store, write a module with the same two functions."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import cloudinary.uploader
from urllib3 import Timeout

from app.core.config import get_settings
from app.core.errors import BadGateway

TRANSFORMATION = "c_fill,h_200,w_200"
"""Cloudinary cuts the image to 200x200 when it delivers it."""

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="cloudinary")
"""The calls of the SDK block. They have separate threads, so that a slow store delays only other uploads."""

logger = logging.getLogger(__name__)


async def upload_avatar(user_id: int, picture: bytes) -> str:
    """Replaces the user's avatar in the store. Returns the URL of the new one. Raises BadGateway."""
    try:
        stored = await _call(cloudinary.uploader.upload, picture, public_id=_public_id(user_id), overwrite=True)
        return _transformed(stored["secure_url"])
    except Exception as error:  # the SDK raises errors of many kinds for unexpected answers
        logger.warning("Cloudinary did not take the avatar of user %s", user_id, exc_info=True)
        raise BadGateway("upload_failed", "The image could not be stored. Try again later.") from error


async def delete_avatar(user_id: int) -> None:
    """Deletes the avatar of a user, if there is one. Raises BadGateway."""
    try:
        await _call(cloudinary.uploader.destroy, _public_id(user_id))
    except Exception as error:  # the SDK raises errors of many kinds for unexpected answers
        logger.warning("Cloudinary did not delete the avatar of user %s", user_id, exc_info=True)
        raise BadGateway("delete_failed", "The image could not be deleted. Try again later.") from error


def _public_id(user_id: int) -> str:
    """The public id of a user's avatar. It is always the same, so a new avatar replaces the last one."""
    return f"avatars/{user_id}"


async def _call(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Calls a function of the SDK. The account is an argument, because the SDK's global settings would outlive ours."""
    settings = get_settings()
    timeout = settings.cloudinary_timeout
    call = partial(
        function,
        *arguments,
        **options,
        invalidate=True,  # the CDN drops its copies of the last image
        cloud_name=settings.cloudinary_cloud_name,
        api_key=settings.cloudinary_api_key.get_secret_value(),
        api_secret=settings.cloudinary_api_secret.get_secret_value(),
        upload_prefix=settings.cloudinary_upload_prefix,
        timeout=Timeout(connect=timeout / 4, read=timeout),  # it tries four times to connect
        extra_headers={"Connection": "close"},  # an idle connection may be closed just when it is used again
    )
    async with asyncio.timeout(timeout):
        return await asyncio.get_running_loop().run_in_executor(_threads, call)


def _transformed(url: str) -> str:
    """The URL of the image with 200x200 pixels. It contains the version, so that no cache delivers the last image."""
    before, marker, after = url.partition("/image/upload/")
    if not marker:
        raise ValueError(f"no URL of an image: {url!r}")
    return f"{before}{marker}{TRANSFORMATION}/{after}"
