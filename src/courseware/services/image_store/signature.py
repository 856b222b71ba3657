"""Signatures of the upload API, as the SDKs make them."""

import hashlib
import hmac
from collections.abc import Mapping

UNSIGNED = {"file", "cloud_name", "resource_type", "api_key", "signature"}
SHA256_CHARACTERS = 64

Parameters = Mapping[str, str]


def string_to_sign(parameters: Parameters, *, encoded: bool = True) -> str:
    """What is signed of the parameters of a call. `encoded`: an & in a value cannot pass for another parameter."""
    pairs = [f"{name}={value}" for name, value in parameters.items() if name not in UNSIGNED and value]
    return "&".join(sorted(pair.replace("&", "%26") if encoded else pair for pair in pairs))


def sign(text: str, secret: str, *, sha256: bool = False) -> str:
    algorithm = hashlib.sha256 if sha256 else hashlib.sha1
    return algorithm((text + secret).encode()).hexdigest()


def is_signed(parameters: Parameters, secret: str) -> bool:
    """Whether the call was signed with this secret, in the present or in the older way."""
    given = parameters.get("signature", "").encode()
    sha256 = len(given) == SHA256_CHARACTERS
    ways = [string_to_sign(parameters, encoded=encoded) for encoded in (True, False)]
    return any(hmac.compare_digest(given, sign(way, secret, sha256=sha256).encode()) for way in ways)
