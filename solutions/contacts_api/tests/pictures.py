"""Pictures to send, good and bad."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")


def picture(kind: str = "PNG", size: tuple[int, int] = (48, 32), **options: Any) -> bytes:
    """A file that is a picture of this kind: red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    return encoded(image, kind, **options)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(file: bytes) -> Image.Image:
    """The picture in `file`, read to its end."""
    image = Image.open(io.BytesIO(file))
    image.load()
    return image


def png_of_nothing(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes that says it is as large as this, and has no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = {b"IHDR": header, b"IDAT": zlib.compress(b""), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )


def jpeg_of_scans(more: int) -> bytes:
    """A JPEG whose last scan is repeated so many times: each costs little to send and the whole picture to draw."""
    file = picture("JPEG", progressive=True)
    scan = file[file.rindex(b"\xff\xda") : -2]
    return file[:-2] + scan * more + file[-2:]


NO_PICTURES = {
    "nothing": b"",
    "text": b"I am a picture, believe me.",
    "a drawing that is a program": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "sound in the box that WebP comes in": b"RIFF\x24\0\0\0WAVEfmt " + bytes(32),
    "a program that begins like a GIF": b"GIF8<?php system($_GET['c']); ?>",
    "a program with the signature of a GIF": b"GIF89a<?php system($_GET['c']); ?>",
    "seven of the eight bytes of a PNG's signature": picture("PNG").replace(b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a"),
    "a PNG's signature alone": b"\x89PNG\r\n\x1a\n",
    "a picture of a kind that browsers do not show": picture("TIFF"),
    "a whole picture of more pixels than allowed": encoded(Image.new("1", (4000, 4001)), "PNG"),
    "so many pixels that Pillow itself warns": png_of_nothing(12_000, 12_000),
    "so many pixels that Pillow itself refuses": png_of_nothing(60_000, 60_000),
    "a picture that is drawn in a thousand passes": jpeg_of_scans(1000),
    **{f"half a {kind}": picture(kind)[: len(picture(kind)) // 2] for kind in FORMATS},
    "a PNG without its end": picture("PNG")[:-12],
    "a JPEG without its end": picture("JPEG")[:-8],
    "a PNG with a wrong checksum": picture("PNG")[:-13] + b"?" + picture("PNG")[-12:],
}
"""What the file is -> its bytes."""
