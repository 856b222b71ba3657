"""Keeps avatars in Cloudinary. To keep them elsewhere takes no more than another module with this one function."""

import logging
from concurrent.futures import ThreadPoolExecutor

TRANSFORMATION = "c_fill,h_200,w_200"
"""Cloudinary cuts the image to 200x200 when it delivers it."""

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="cloudinary")
"""The calls of the SDK block. They have separate threads, so that a slow store delays only other uploads."""

logger = logging.getLogger(__name__)


async def upload_avatar(user_id: int, picture: bytes) -> str:
    """Replaces the user's avatar in the store. Returns the URL of the new one. Raises BadGateway."""
    # TODO 3.3: call `cloudinary.uploader.upload` with the account from the settings.
    # - It is a blocking call, so run it in `_threads`. Which method of the event loop runs a function in an executor?
    # - `public_id` is the name of the stored image. Make it from the user's id: the client chooses the file name.
    # - The new image must replace the last one, in the store and in the CDN. Two options do this.
    # - The result is a dictionary. Its "secure_url" shows the image in full size. At which place of the URL does the
    #   transformation belong?
    # TODO 3.4: the store can be unavailable or slow, or refuse. Wait for `cloudinary_timeout` seconds at most, log the
    # error, and raise BadGateway "upload_failed". Which kinds of exceptions can an SDK raise?
    raise NotImplementedError("Task 3.3: upload a picture")
