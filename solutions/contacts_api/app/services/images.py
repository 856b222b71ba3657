"""Pictures that strangers send. Their content tells what they are, and they are drawn anew before anybody sees them."""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

from PIL import Image, ImageOps

from app.core.errors import UnprocessableContent

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
    picture = await asyncio.get_running_loop().run_in_executor(_threads, _redraw, file)
    if picture is None:
        raise UnprocessableContent(
            "unsupported_image", "Send a picture as JPEG, PNG, GIF or WebP, of 16 megapixels at most.", "body.file"
        )
    return picture


def _redraw(file: bytes) -> bytes | None:
    try:
        with _open(file) as image:
            image.verify()  # reads a PNG to its end, checksums and all; afterwards it must be opened anew
        with _open(file) as image:
            return _encode(image)
    except Exception:  # broken files make Pillow raise almost anything
        return None


def _open(file: bytes) -> Image.Image:
    """The picture, of which only the size is read so far. Every format's own signature must be right."""
    image = Image.open(io.BytesIO(file), formats=FORMATS)
    if image.width * image.height > MOST_PIXELS or file.count(START_OF_SCAN) > MOST_SCANS:
        raise ValueError("too much work")
    return image


def _encode(image: Image.Image) -> bytes:
    """A new file. Where and with what a photograph was taken stays behind; that it was taken sideways is applied."""
    kind = "JPEG" if image.format == "MPO" else image.format  # MPO: a telephone's JPEG, with more pictures behind it
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(image).convert("RGB" if kind == "JPEG" else "RGBA")
    upright.info.clear()  # comments, colour profile and the like, which Pillow would write into the new file
    file = io.BytesIO()
    upright.save(file, kind)
    return file.getvalue()
