"""Pictures that strangers send. Their content tells what they are, and they are drawn anew before anybody sees them."""

from concurrent.futures import ThreadPoolExecutor

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
MOST_PIXELS = 16_000_000
"""A file of a few kilobytes may hold a picture of gigabytes. This many take 64 MB while they are looked at."""
START_OF_SCAN = b"\xff\xda"
MOST_SCANS = 100
"""A JPEG is drawn in ten passes or so. A bad one asks for 65,000 in 2 MiB, which take a quarter of an hour."""
LONGEST_SIDE = 1024
"""In pixels: plenty for an avatar, and it bounds what storing one costs."""

_threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="images")
"""Pillow computes without the interpreter's lock, so that requests are answered meanwhile. One picture at a time bounds
the memory that they take, and leaves the other processors to those who upload nothing."""


async def redraw(file: bytes) -> bytes:
    """The picture in `file`, upright, in the same format, and nothing else that was in there.

    An animation becomes its first frame. Raises UnprocessableContent when this is no whole picture of a known format.
    """
    # TODO 3.2: Pillow knows what a file is by what is in it. Open it, look, draw it anew. The code is
    # "unsupported_image", the field "body.file".
    # - `Image.open(..., formats=...)` reads no more than the beginning. What is known then, and what should be compared
    #   before anything else is read?
    # - A file that was cut off looks fine until its pixels are read. Which methods read them?
    # - Broken files make Pillow raise almost anything. What should a client hear, whatever it was?
    # - What `save` writes: only the pixels, or what `info` holds too? Which colours can a JPEG not hold?
    # - Drawing takes a while; in the meantime nobody else should have to wait. `_threads` are there for it.
    raise NotImplementedError("Task 3.2: draw a picture anew")
