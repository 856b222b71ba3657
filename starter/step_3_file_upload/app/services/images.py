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
    # TODO 3.2: Pillow knows what a file is by what is in it. Open it, check its size, and re-encode it. The code is
    # "unsupported_image", the field "body.file".
    # - `Image.open(..., formats=...)` reads no more than the beginning. What is known then, and what should be compared
    #   before anything else is read?
    # - A file that was cut off looks fine until its pixels are read. Which methods read them?
    # - Broken files make Pillow raise almost anything. What should a client hear, whatever it was?
    # - What `save` writes: only the pixels, or what `info` holds too? Which colours can a JPEG not hold?
    # - Decoding takes processor time, and must not block the event loop. Run it in `_threads`.
    raise NotImplementedError("Task 3.2: decode and encode an image")
