"""Keeps avatars in a bucket of S3, or of a store with the same protocol: MinIO, Cloudflare R2, Backblaze B2.

Copy this file to `app/services/`, and change one line in `app/services/avatars.py`:

    from app.services.s3_service import upload_avatar

`boto3` goes into the dependencies of `pyproject.toml` and into the lock file. It reads its own environment variables:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION, and AWS_ENDPOINT_URL_S3 for a store other than Amazon's.
"""

import asyncio
import io
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from typing import Any

import boto3
from botocore.config import Config
from PIL import Image, ImageOps
from pydantic_settings import BaseSettings

from app.core.errors import BadGateway

SIZE = (200, 200)
TIMEOUT = 4.0
"""Seconds for the whole upload."""

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="s3")
"""boto3 waits without async. It has threads of its own: when it is slow, only other uploads wait."""

logger = logging.getLogger(__name__)


class S3Settings(BaseSettings):
    """The bucket, and the address under which browsers read it."""

    s3_bucket: str
    s3_public_url: str


@cache
def _client() -> Any:
    """The client of S3. Creating one takes a moment, and all threads may use it."""
    return boto3.client("s3", config=Config(connect_timeout=1, read_timeout=3, retries={"max_attempts": 1}))


async def upload_avatar(user_id: int, picture: bytes) -> str:
    """Put a picture in the place of the user's last one. Return the URL to show it by. Raise BadGateway."""
    try:
        async with asyncio.timeout(TIMEOUT):
            return await asyncio.get_running_loop().run_in_executor(_threads, _upload, user_id, picture)
    except Exception as error:  # botocore has errors of many kinds
        logger.warning("S3 did not take the avatar of user %s", user_id, exc_info=True)
        raise BadGateway("upload_failed", "The picture could not be stored. Try again later.") from error


def _upload(user_id: int, picture: bytes) -> str:
    """Store the picture under the user's key, and return its URL."""
    settings, key, content = S3Settings(), f"avatars/{user_id}.webp", _cut(picture)
    _client().put_object(
        Bucket=settings.s3_bucket,
        Key=key,
        Body=content,
        ContentType="image/webp",
        CacheControl="public, max-age=31536000, immutable",
    )
    # Another picture has another URL, so no cache shows the last one.
    return f"{settings.s3_public_url.rstrip('/')}/{key}?v={sha256(content).hexdigest()[:16]}"


def _cut(picture: bytes) -> bytes:
    """The picture as WebP with 200x200 pixels. Cloudinary does this itself, a bucket only stores bytes."""
    with Image.open(io.BytesIO(picture)) as image:
        square = ImageOps.fit(image.convert("RGBA"), SIZE)
    content = io.BytesIO()
    square.save(content, "WEBP")
    return content.getvalue()
