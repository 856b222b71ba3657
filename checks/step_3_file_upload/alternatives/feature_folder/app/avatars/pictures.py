"""What a picture is: first by its signature, then by drawing it."""

import io
from warnings import catch_warnings, simplefilter

from PIL import Image, UnidentifiedImageError


def kind_of(content: bytes) -> str | None:
    """What the signature says."""
    if content[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    return None


def drawn_anew(content: bytes) -> bytes | None:
    """The first frame as a WebP; None where this is no picture."""
    kind = kind_of(content)
    if kind is None:
        return None
    with catch_warnings():
        simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(content), formats=[kind])
            if image.size[0] * image.size[1] > 16_000_000:
                return None
            image.load()
        except (OSError, SyntaxError, ValueError, EOFError, UnidentifiedImageError, Image.DecompressionBombError):
            return None
    colors = image.convert("RGBA" if image.has_transparency_data else "RGB")
    clean = Image.frombytes(colors.mode, colors.size, colors.tobytes())
    clean.thumbnail((600, 600))
    file = io.BytesIO()
    clean.save(file, "WEBP", quality=90)
    return file.getvalue()
