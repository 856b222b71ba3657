"""Images that users upload. Their content tells the format, and they are re-encoded before they are stored."""

from concurrent.futures import ThreadPoolExecutor

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
MOST_PIXELS = 16_000_000
"""A decompression bomb is a file of a few kilobytes that decodes to gigabytes. This many pixels take 64 MB."""
START_OF_SCAN = b"\xff\xda"
MOST_SCANS = 100
"""A progressive JPEG is decoded in about ten scans. An attacker's file can ask for 65,000, which take 15 minutes."""
LONGEST_SIDE = 1024
"""Pixels. It is enough for an avatar, and limits what storing one costs."""

_threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="images")
"""Decoding takes processor time, so it must not run in the event loop. One image at a time limits the memory, and
leaves the other processors to other requests."""


async def reencode(file: bytes) -> bytes:
    """The image in `file`, upright, in the same format, without metadata.

    An animation becomes its first frame. Raises UnprocessableContent if this is no complete image of a known format.
    """
    # TODO 3.2: Pillow detects the format of a file by its content. Open the file, check its size, and re-encode it. The
    # code is "unsupported_image", the field is "body.file".
    # - `Image.open(..., formats=...)` reads only the header. Which values are known then, and which of them must be
    #   checked before the pixels are decoded?
    # - A file that was cut off causes no error before its pixels are read. Which methods read them?
    # - Broken files make Pillow raise exceptions of many kinds. The answer to the client is the same for all of them.
    # - Does `save` write only the pixels, or also the content of `info`? Which color modes does JPEG not support?
    # - Decoding takes processor time, and must not block the event loop. Run it in `_threads`.
    raise NotImplementedError("Task 3.2: decode and encode an image")
