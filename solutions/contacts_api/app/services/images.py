"""Images that users upload. Their content tells the format, and they are re-encoded before they are stored."""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

from PIL import Image, ImageOps

from app.core.errors import UnprocessableContent

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
    image = await asyncio.get_running_loop().run_in_executor(_threads, _reencode, file)
    if image is None:
        raise UnprocessableContent(
            "unsupported_image", "Send an image as JPEG, PNG, GIF or WebP, of 16 megapixels at most.", "body.file"
        )
    return image


def _reencode(file: bytes) -> bytes | None:
    try:
        with _open(file) as image:
            image.verify()  # reads a PNG to its end and compares checksums; then the file must be opened again
        with _open(file) as image:
            return _encode(image)
    except Exception:  # broken files make Pillow raise almost anything
        return None


def _open(file: bytes) -> Image.Image:
    """The image, of which only the header is read so far. Pillow compares the file signature of each format."""
    image = Image.open(io.BytesIO(file), formats=FORMATS)
    scans = file.count(START_OF_SCAN) if image.format in ("JPEG", "MPO") else 1
    if image.width * image.height > MOST_PIXELS or scans > MOST_SCANS:
        raise ValueError("decoding would take too long")
    return image


def _encode(image: Image.Image) -> bytes:
    """A new file without metadata, such as place and camera. The rotation in the metadata is applied to the pixels."""
    kind = "JPEG" if image.format == "MPO" else image.format  # MPO: a phone's JPEG, followed by further images
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if image.mode == "I;16":  # a grey PNG of 16 bits: `convert` would make all but the darkest shades white
        image = image.point(lambda shade: shade / 256)
    upright = ImageOps.exif_transpose(image).convert("RGB" if kind == "JPEG" else "RGBA")
    upright.info.clear()  # comments and the colour profile, which Pillow would write into the new file
    file = io.BytesIO()
    upright.save(file, kind)
    return file.getvalue()
