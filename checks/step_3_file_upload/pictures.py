"""Pictures for checks to send, drawn with Pillow, whole ones and broken ones."""

import io
import struct
import zlib
from collections.abc import Iterable
from random import Random
from typing import Any

from PIL import Image

from courseware.checking import CheckFailed

KINDS = ("JPEG", "PNG", "GIF", "WEBP")
EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
COLORS = ((210, 40, 40), (40, 160, 60), (50, 70, 200), (230, 190, 40), (150, 60, 170))
TOLERANCE = 40
"""How far each part of a color may be from what was sent: JPEG and palettes keep colors only roughly."""
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_END = 12
"""Bytes of the last chunk of a PNG."""

Color = tuple[int, int, int]


def picture(kind: str = "PNG", size: tuple[int, int] = (320, 240), color: Color = COLORS[0], **options: Any) -> bytes:
    """A file with a picture of one color, apart from a thin frame."""
    return saved(drawn(size, color), kind, **options)


def drawn(size: tuple[int, int], color: Color) -> Image.Image:
    image = Image.new("RGB", size, tuple(part // 2 for part in color))
    image.paste(color, (4, 4, size[0] - 4, size[1] - 4))
    return image


def gray(kind: str, size: tuple[int, int], **options: Any) -> bytes:
    """A file with a large picture of nothing, made five times as fast as one with colors."""
    return saved(Image.new("L", size, 128), kind, **options)


def noise(random: Random, size: tuple[int, int]) -> Image.Image:
    """A picture that no format can make much smaller."""
    return Image.frombytes("RGB", size, random.randbytes(size[0] * size[1] * 3))


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def opened(content: bytes, *, asked: str) -> Image.Image:
    """The picture in a file that an application has made, read to its end. Fails the check where that is none."""
    try:
        image = Image.open(io.BytesIO(content), formats=KINDS)
        image.load()
        image.convert("RGB")
    except Exception as error:  # Pillow has no common one, and a file can bring about most of Python's
        got = f"{type(error).__name__}: {error}"
        raise CheckFailed("unreadable_picture", asked=asked, expected="a picture", got=got) from None
    return image


def has_exif(image: Image.Image) -> bool:
    """Whether a picture has EXIF data, also such as cannot be read."""
    try:
        return bool(image.getexif())
    except Exception:  # as above
        return True


def png_of_size(random: Random, size: int) -> bytes:
    """A whole PNG of exactly so many bytes, nearly all of which are pixels."""
    side = int((size * 0.98 / 3) ** 0.5)
    content = saved(noise(random, (side, side)), "PNG", compress_level=0)
    missing = size - len(content) - len(chunk(b"tEXt", b""))
    comment = chunk(b"tEXt", b"Comment\0" + b"x" * (missing - len(b"Comment\0")))
    return content[:-PNG_END] + comment + content[-PNG_END:]


def png_of(width: int, height: int, chunks: Iterable[bytes] = ()) -> bytes:
    """A PNG whose head says that it is as large as this; its pixels are what the chunks say."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"".join((PNG_SIGNATURE, chunk(b"IHDR", head), *chunks, chunk(b"IEND", b"")))


def whole_png_of(width: int, height: int) -> bytes:
    """A whole PNG of this size, black, in a few kilobytes."""
    return png_of(width, height, [chunk(b"IDAT", zlib.compress(bytes((1 + (width + 7) // 8) * height), 9))])


def chunk(name: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def color_of(image: Image.Image, x: float = 0.5, y: float = 0.5) -> Color:
    """The color at a place, given in parts of width and height."""
    place = (round(x * (image.width - 1)), round(y * (image.height - 1)))
    red, green, blue = image.convert("RGB").getpixel(place)  # type: ignore[misc]
    return red, green, blue


def is_like(color: Color, other: Color) -> bool:
    return all(abs(part - counterpart) <= TOLERANCE for part, counterpart in zip(color, other, strict=True))
