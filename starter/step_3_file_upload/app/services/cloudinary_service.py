"""Keeps avatars in Cloudinary. To keep them elsewhere takes no more than another module with this one function."""

import logging
from concurrent.futures import ThreadPoolExecutor

TRANSFORMATION = "c_fill,h_200,w_200"
"""Cloudinary cuts the picture to 200x200 when somebody looks at it."""

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="cloudinary")
"""The SDK waits without async. It has threads of its own: when it is slow, nothing waits but other uploads."""

logger = logging.getLogger(__name__)


async def upload_avatar(user_id: int, picture: bytes) -> str:
    """Puts a picture in the place of the user's last one. Returns the URL to show it by. Raises BadGateway."""
    # TODO 3.3: call `cloudinary.uploader.upload` with the account from the settings.
    # - It is an ordinary function, and everybody waits while it does. `_threads` are there for it: which method of the
    #   event loop has a function run in them?
    # - `public_id` says where the picture goes. Who chose the name of the file, and who the user's id?
    # - The last picture should be gone, here and in the caches around the world: two options say so.
    # - What comes back is a dictionary. Its "secure_url" shows the picture in full; where in it does the transformation
    #   belong?
    # TODO 3.4: the store may be down, slow, or say no. Wait for `cloudinary_timeout` seconds at most, log what happens,
    # and raise BadGateway "upload_failed". How many kinds of errors can an SDK raise?
    raise NotImplementedError("Task 3.3: upload a picture")
