"""Delivery URLs and the transformations in them: sizes and croppings, formats and qualities, done with Pillow."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from PIL import Image, ImageOps

Size = tuple[int, int]

FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP"}
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
MOST_PIXELS = 25_000_000
LARGEST_SIDE = 5_000
JPEG_START, JPEG_SCAN = b"\xff\xd8", b"\xff\xda"
MOST_SCANS = 100  # each goes over the whole picture; thousands of them would take a quarter of an hour
LONGEST_TRANSFORMATION = 500
LONGEST_PATH = 2_000
USUAL_QUALITY = 85
UNDONE = {"a", "b", "bo", "co", "d", "dpr", "e", "fl", "o", "r", "so", "t", "u", "x", "y", "z"}
PARAMETER = re.compile(r"(?P<name>[a-z]{1,4})_(?P<value>.+)")
Center = tuple[float, float]
CENTER: Center = (0.5, 0.5)
CENTERS: dict[str, Center] = {
    "north_west": (0, 0), "north": (0.5, 0), "north_east": (1, 0),
    "west": (0, 0.5), "center": CENTER, "east": (1, 0.5),
    "south_west": (0, 1), "south": (0.5, 1), "south_east": (1, 1),
}  # fmt: skip
SIDES = {"w": "width", "h": "height"}
KNOWN = {"c", "g", "f", "q", "ar", *SIDES}
# /CLOUD/image/upload/..., or without the cloud where it has a host of its own; and the short forms.
START = re.compile(r"/(?:(?P<cloud>[\w-]+)/)?(?:image/upload|images|iu)/(?P<rest>.+)")
SIGNATURE = re.compile(r"s--[\w-]+--")
NUMBER = re.compile(r"[0-9]{1,9}")
VERSION = re.compile(r"v\d+")
SHARED_HOST = re.compile(r"res(?:-[1-5])?\.cloudinary\.com")


class WrongTransformation(ValueError):
    """What the service says of a transformation that it cannot do."""


class NoPicture(ValueError):
    """What the service says of a file that it does not take."""


@dataclass(frozen=True)
class Rendered:
    """A picture as a browser gets it."""

    content: bytes
    format: str
    width: int
    height: int

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]


def read(content: bytes) -> Rendered:
    """The picture in a file, which is decoded to its end. Raises NoPicture."""
    if content.startswith(JPEG_START) and content.count(JPEG_SCAN) > MOST_SCANS:
        raise NoPicture("Invalid image file")
    try:
        with _open(content) as image:
            pixels = image.width * image.height
            if pixels > MOST_PIXELS:
                raise NoPicture(f"Maximum image size is 25 Megapixels. Requested {pixels / 1e6:.2f} Megapixels")
            image.load()
            return Rendered(content, str(image.format), image.width, image.height)
    except (OSError, SyntaxError, ArithmeticError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NoPicture("Invalid image file") from None


def transform(content: bytes, transformation: str, wanted_format: str | None = None) -> Rendered:
    """A picture that was read before, after each component of the transformation. Raises WrongTransformation."""
    with _open(content) as opened:
        original = str(opened.format)
        image: Image.Image = opened.convert("RGBA" if _has_transparency(opened) else "RGB")
    if len(transformation) > LONGEST_TRANSFORMATION:
        raise WrongTransformation(f"Invalid transformation - more than {LONGEST_TRANSFORMATION} characters")
    target, quality = _format(wanted_format, original), USUAL_QUALITY
    for component in filter(None, transformation.split("/")):
        parameters = _parameters(component)
        image = _resized(image, parameters)
        target = _format(parameters.get("f"), target)
        quality = _quality(parameters.get("q"), quality)
    return _rendered(image, target, quality)


def _open(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=list(MEDIA_TYPES))


def _has_transparency(image: Image.Image) -> bool:
    return image.has_transparency_data


def _parameters(component: str) -> dict[str, str]:
    """The parameters of a component such as c_fill,h_200,w_200, by their names."""
    parameters = {}
    for part in component.split(","):
        match = PARAMETER.fullmatch(part)
        if match is None or match["name"] not in {*KNOWN, *UNDONE}:
            raise WrongTransformation(f"Invalid transformation component - {part}")
        parameters[match["name"]] = match["value"]
    return parameters


def _resized(image: Image.Image, parameters: dict[str, str]) -> Image.Image:
    """The picture in the size that is asked for; a side that is not named follows the other one."""
    width, height = _side(parameters, "w"), _side(parameters, "h")
    if width is None and height is None:
        return image
    size = (
        width or max(1, round(image.width * (height or 1) / image.height)),
        height or max(1, round(image.height * (width or 1) / image.width)),
    )
    if size[0] * size[1] > MOST_PIXELS:
        raise WrongTransformation(f"Invalid transformation: {size[0]}x{size[1]} are more than 25 Megapixels")
    crop = parameters.get("c", "scale")
    if crop not in CROPS:
        raise WrongTransformation(f"Invalid transformation component - c_{crop}")
    made = CROPS[crop](image, size, CENTERS.get(parameters.get("g", "center"), CENTER))
    if 0 in made.size:  # a long strip that is made small
        raise WrongTransformation(f"Invalid transformation component - c_{crop}, which leaves no pixels")
    return made


def _side(parameters: dict[str, str], name: str) -> int | None:
    value = parameters.get(name, "auto")
    if value == "auto":
        return None
    if not NUMBER.fullmatch(value) or not 0 < int(value) <= LARGEST_SIDE:
        raise WrongTransformation(f"Invalid {SIDES[name]} in transformation: {value}")
    return int(value)


def _format(name: str | None, otherwise: str) -> str:
    if name is None or name == "auto":
        return otherwise
    if name not in FORMATS:
        raise WrongTransformation(f"Invalid extension in transformation: {name}")
    return FORMATS[name]


def _quality(value: str | None, otherwise: int) -> int:
    return min(int(value), 100) if value is not None and NUMBER.fullmatch(value) else otherwise


def _rendered(image: Image.Image, target: str, quality: int) -> Rendered:
    content = io.BytesIO()
    if target == "JPEG" and image.mode != "RGB":
        background = Image.new("RGB", image.size, "white")
        background.paste(image, mask=image.getchannel("A"))
        image = background
    try:
        image.save(content, target, quality=quality)
    except (ValueError, OSError) as error:  # a side that is longer than the format allows
        raise WrongTransformation(f"Invalid transformation: {error}") from None
    return Rendered(content.getvalue(), target, image.width, image.height)


def _fill(image: Image.Image, size: Size, center: Center) -> Image.Image:
    return ImageOps.fit(image, size, centering=center)


def _fit(image: Image.Image, size: Size, center: Center) -> Image.Image:
    return ImageOps.contain(image, size)


def _limit(image: Image.Image, size: Size, center: Center) -> Image.Image:
    return image if image.width <= size[0] and image.height <= size[1] else ImageOps.contain(image, size)


def _crop(image: Image.Image, size: Size, center: Center) -> Image.Image:
    width, height = min(image.width, size[0]), min(image.height, size[1])
    left, upper = round((image.width - width) * center[0]), round((image.height - height) * center[1])
    return image.crop((left, upper, left + width, upper + height))


def _pad(image: Image.Image, size: Size, center: Center) -> Image.Image:
    return ImageOps.pad(image, size, color="white", centering=center)


def _scale(image: Image.Image, size: Size, center: Center) -> Image.Image:
    return image.resize(size)


# A face is looked for where most are: in the middle.
CROPS: dict[str, Callable[[Image.Image, Size, Center], Image.Image]] = {
    "fill": _fill, "lfill": _fill, "thumb": _fill, "auto": _fill, "fit": _fit, "limit": _limit, "crop": _crop,
    "pad": _pad, "scale": _scale,
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """What an address says: which picture, how transformed, in which format (None: in its own)."""

    public_id: str
    transformation: str
    format: str | None


def places(path: str, cloud: str) -> Iterator[Place]:
    """What a path can mean, the likeliest first: a folder can be named like a transformation."""
    match = START.fullmatch(unquote(path)) if len(path) <= LONGEST_PATH else None
    if match is None or match["cloud"] not in (None, cloud):
        return
    parts = match["rest"].split("/")
    if SIGNATURE.fullmatch(parts[0]):
        del parts[0]
    versions = [number for number, part in enumerate(parts[:-1]) if VERSION.fullmatch(part)]
    splits = [(versions[0], versions[0] + 1)] if versions else [(number, number) for number in range(len(parts))]
    for end, begin in splits:
        public_id, transformation = "/".join(parts[begin:]), "/".join(parts[:end])
        stem, _, extension = public_id.rpartition(".")
        if stem and extension in FORMATS:
            yield Place(stem, transformation, extension)
        yield Place(public_id, transformation, None)


def path_of(address: str, cloud: str, own_hosts: set[str]) -> str | None:
    """The path of an address of this cloud, at one of the store's own hosts or where the SDK says; else None."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    host = parts.netloc
    shared = SHARED_HOST.fullmatch(host) or SHARED_HOST.fullmatch(host.removeprefix(f"{cloud}-"))
    return parts.path if parts.scheme in ("http", "https") and (shared or host in own_hosts) else None
