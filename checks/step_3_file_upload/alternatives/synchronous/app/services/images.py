"""Reads what was sent, and draws it on a new canvas."""

import io

from PIL import Image

MOST_PIXELS = 16_000_000


def as_png(content: bytes) -> bytes:
    """The picture as a PNG without anything else. Raises whatever Pillow raises."""
    with Image.open(io.BytesIO(content), formats=["GIF", "JPEG", "PNG", "WEBP"]) as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError
        image.thumbnail((800, 800))
        canvas = Image.new("RGBA", image.size)
        canvas.paste(image.convert("RGBA"))
    file = io.BytesIO()
    canvas.save(file, "PNG")
    return file.getvalue()
