"""Addresses at which pictures are delivered, as the service and its SDKs write them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from courseware.services.image_store.transformation import FORMATS

# /CLOUD/image/upload/..., or without the cloud where it has a host of its own; and the short forms.
START = re.compile(r"/(?:(?P<cloud>[\w-]+)/)?(?:image/upload|images|iu)/(?P<rest>.+)")
SIGNATURE = re.compile(r"s--[\w-]+--")
VERSION = re.compile(r"v\d+")
SHARED_HOST = re.compile(r"res(?:-[1-5])?\.cloudinary\.com")


@dataclass(frozen=True)
class Place:
    """What an address says: which picture, how transformed, in which format (None: in its own)."""

    public_id: str
    transformation: str
    format: str | None


def places(path: str, cloud: str) -> Iterator[Place]:
    """What a path can mean, the likeliest first: a folder can be named like a transformation."""
    match = START.fullmatch(unquote(path))
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
