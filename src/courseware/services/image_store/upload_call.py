"""A call of the upload API: the fields of its form, its file, and its signature as the SDKs make it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, create_form_parser
from starlette.requests import Request

UNSIGNED = {"file", "cloud_name", "resource_type", "api_key", "signature"}
SHA256_CHARACTERS = 64

Parameters = Mapping[str, str]
LARGEST_FILE = 10 * 1024 * 1024
LARGEST_CALL = LARGEST_FILE + 64 * 1024
MOST_FIELDS = 100
LONGEST_MESSAGE = 1000


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


class CallFailed(Exception):
    """What the service answers instead."""

    def __init__(self, status: int, message: str) -> None:
        message = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Call:
    """The parameters of a call. `file` is what was sent as a file, or as text that stands for one."""

    parameters: dict[str, str]
    file: bytes | str | None = None
    file_name: str = ""


async def read_call(request: Request) -> Call:
    """The call in a request. Raises CallFailed where it is too large or no form."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LARGEST_CALL:
            raise too_large(int(request.headers.get("content-length", len(received))))
    return parse_call(request.headers.get("content-type", ""), bytes(received))


def parse_call(content_type: str, body: bytes) -> Call:
    """The call in a form. Raises CallFailed."""
    fields: list[tuple[str, str]] = []
    files: dict[str, tuple[bytes, str]] = {}

    def take_field(field: Field) -> None:
        if len(fields) == MOST_FIELDS:
            raise CallFailed(400, "Too many parameters")
        fields.append((_text(field.field_name), _text(field.value)))

    def take_file(file: File) -> None:
        file.file_object.seek(0)
        files[_text(file.field_name)] = (file.file_object.read(), _text(file.file_name))

    if body:
        headers = {"Content-Type": content_type.encode("latin-1"), "Content-Length": str(len(body)).encode()}
        try:
            parser = create_form_parser(headers, take_field, take_file, config={"MAX_MEMORY_FILE_SIZE": LARGEST_CALL})
            parser.write(body)
            parser.finalize()
        except (FormParserError, ValueError):
            raise CallFailed(400, "Invalid request body") from None
    content, name = files.get("file", (None, ""))
    parameters = _joined(fields)
    sent_as_text = parameters.pop("file", None)
    return Call(parameters, content if content is not None else sent_as_text, name)


def too_large(size: int) -> CallFailed:
    return CallFailed(400, f"File size too large. Got {size}. Maximum is {LARGEST_FILE}.")


def _joined(fields: list[tuple[str, str]]) -> dict[str, str]:
    """The parameters by name; the values of a list, which comes as name[], are joined by commas."""
    parameters: dict[str, str] = {}
    for name, value in fields:
        if name.endswith("[]") and name[:-2] in parameters:
            parameters[name[:-2]] += f",{value}"
        else:
            parameters[name.removesuffix("[]")] = value
    return parameters


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
