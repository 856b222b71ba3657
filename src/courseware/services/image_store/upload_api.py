"""The upload API: the calls `upload` and `destroy`, checked and answered as Cloudinary does it."""

import asyncio
import base64
import binascii
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from courseware.services.image_store.stored_images import Picture, Pictures, Upload, moment, random_id
from courseware.services.image_store.transformation import (
    EXTENSIONS,
    NoPicture,
    Rendered,
    WrongTransformation,
    read,
    transform,
)
from courseware.services.image_store.upload_call import (
    LARGEST_FILE,
    Call,
    CallFailed,
    is_signed,
    read_call,
    sign,
    string_to_sign,
    too_large,
)

STALE_SECONDS = 3600
FORBIDDEN_IN_PUBLIC_ID = re.compile(r"[?&#\\%<>+]|^\s|\s$|^/|/$|//")
DATA_URI = re.compile(r"data:[\w/+.-]*(?:;[\w=-]+)*;base64")
LONGEST_URI_HEAD = 200
LONGEST_PUBLIC_ID = 255
MOST_EAGER = 5
CALLS_AT_A_TIME = 6


@dataclass(frozen=True)
class Account:
    """An account of the store: name, key and secret, as Cloudinary gives them to its users."""

    cloud_name: str
    api_key: str
    api_secret: str


class UploadApi:
    """Answers POST /v1_1/CLOUD/image/ACTION."""

    def __init__(self, account: Account, pictures: Pictures) -> None:
        self._account = account
        self._pictures = pictures
        self._decoding = asyncio.Semaphore(1)  # a picture may take much memory
        self._calls = asyncio.Semaphore(CALLS_AT_A_TIME)  # so may the body of a call

    async def answer(self, request: Request) -> Response:
        try:
            async with self._calls:
                answer = await self._act(request)
        except CallFailed as failure:
            return self._error(failure.status, failure.message)
        except (NoPicture, WrongTransformation) as failure:
            return self._error(400, str(failure))
        return JSONResponse(answer)

    async def _act(self, request: Request) -> dict[str, Any]:
        cloud, action = request.path_params["cloud"], request.path_params["action"]
        actions: dict[str, Callable[[Request, Call], Awaitable[dict[str, Any]]]] = {
            "upload": self._upload,
            "destroy": self._destroy,
        }
        if cloud != self._account.cloud_name:
            raise CallFailed(401, f"Invalid cloud_name {cloud}")
        if action not in actions:
            raise CallFailed(404, "Not found")
        call = await read_call(request)
        self._authenticate(call.parameters)
        return await actions[action](request, call)

    def _authenticate(self, parameters: dict[str, str]) -> None:
        """Refuses a call that is not signed by the account, or was signed too long ago."""
        key, signature = parameters.get("api_key"), parameters.get("signature")
        if key is None and signature is None:
            raise CallFailed(400, "Upload preset must be specified when using unsigned upload")
        for name in ("api_key", "timestamp", "signature"):
            if not parameters.get(name):
                raise CallFailed(400, f"Missing required parameter - {name}")
        if key != self._account.api_key:
            raise CallFailed(401, f"Unknown API key {key}")
        timestamp = parameters["timestamp"]
        if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > len("9999999999"):
            raise CallFailed(400, f"Invalid timestamp {timestamp}")
        if self._pictures.now() - int(timestamp) > STALE_SECONDS:
            reported = moment(int(timestamp)).strftime("%Y-%m-%d %H:%M:%S +0000")
            raise CallFailed(400, f"Stale request - reported time is {reported} which is more than 1 hour ago")
        if not is_signed(parameters, self._account.api_secret):
            raise CallFailed(401, f"Invalid Signature {signature}. String to sign - '{string_to_sign(parameters)}'.")

    async def _upload(self, request: Request, call: Call) -> dict[str, Any]:
        parameters = call.parameters
        host, port = request.scope["server"]
        base = f"http://{host}:{port}"
        content = _content(call)
        public_id = _public_id(call)
        existing = self._pictures.get(public_id)
        if existing is not None and parameters.get("overwrite") in ("0", "false"):
            return {**self._described(existing, base), "existing": True}
        image = await self._decode(content, parameters)
        if await request.is_disconnected():
            # It may long have said that the upload failed. Nothing may be found then, however busy this machine was.
            raise CallFailed(499, "The client has gone")
        invalidate = parameters.get("invalidate") in ("1", "true")
        picture = self._pictures.store(public_id, image, call.file_name, invalidate=invalidate)
        self._pictures.note(Upload(public_id, parameters, image, moment(self._pictures.now())))
        answer = self._described(picture, base)
        if existing is not None:
            answer["overwritten"] = True
        if parameters.get("eager"):
            eager = parameters["eager"].split("|", MOST_EAGER)[:MOST_EAGER]
            answer["eager"] = [self._eager(picture, text, base) for text in eager]
        return {**answer, "api_key": self._account.api_key}

    async def _decode(self, content: bytes, parameters: dict[str, str]) -> Rendered:
        async with self._decoding:
            image = await asyncio.to_thread(read, content)
            extension = EXTENSIONS[image.format]
            allowed = parameters.get("allowed_formats")
            if allowed is not None and extension not in allowed.split(","):
                raise CallFailed(400, f"Image file format {extension} not allowed")
            transformation, wanted = parameters.get("transformation", ""), parameters.get("format")
            if transformation or wanted:
                image = await asyncio.to_thread(transform, content, transformation, wanted)
        return image

    async def _destroy(self, _request: Request, call: Call) -> dict[str, Any]:
        public_id = call.parameters.get("public_id", "")
        if not public_id:
            raise CallFailed(400, "Missing required parameter - public_id")
        invalidate = call.parameters.get("invalidate") in ("1", "true")
        return {"result": "ok" if self._pictures.destroy(public_id, invalidate=invalidate) else "not found"}

    def _described(self, picture: Picture, base: str) -> dict[str, Any]:
        signed = string_to_sign({"public_id": picture.public_id, "version": str(picture.version)})
        address = self._address(base, picture, picture.format)
        digest = hashlib.md5(picture.image.content, usedforsecurity=False).hexdigest()
        return {
            "asset_id": picture.asset_id,
            "public_id": picture.public_id,
            "version": picture.version,
            "version_id": digest,
            "signature": sign(signed, self._account.api_secret),
            "width": picture.image.width,
            "height": picture.image.height,
            "format": picture.format,
            "resource_type": "image",
            "created_at": moment(picture.version).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tags": [],
            "bytes": len(picture.image.content),
            "type": "upload",
            "etag": digest,
            "placeholder": False,
            "url": address,
            "secure_url": address,
            "original_filename": PurePosixPath(picture.file_name).stem or "file",
        }

    def _eager(self, picture: Picture, transformation: str, base: str) -> dict[str, Any]:
        rendered = transform(picture.image.content, transformation)
        extension = EXTENSIONS[rendered.format]
        address = self._address(base, picture, extension, f"{transformation}/")
        return {
            "transformation": transformation,
            "width": rendered.width,
            "height": rendered.height,
            "bytes": len(rendered.content),
            "format": extension,
            "url": address,
            "secure_url": address,
        }

    def _address(self, base: str, picture: Picture, extension: str, transformation: str = "") -> str:
        place = f"{transformation}v{picture.version}/{picture.public_id}.{extension}"
        return f"{base}/{self._account.cloud_name}/image/upload/{place}"

    def _error(self, status: int, message: str) -> Response:
        self._pictures.note_refusal(message)
        shown = message.encode("ascii", "replace").decode()
        headers = {"X-Cld-Error": " ".join(shown.split())}
        return JSONResponse({"error": {"message": message}}, status_code=status, headers=headers)


def _content(call: Call) -> bytes:
    """The bytes of the picture. Raises CallFailed."""
    content = call.file
    if content is None:
        raise CallFailed(400, "Missing required parameter - file")
    if isinstance(content, str):
        head, _, encoded = content.partition(",")
        if len(head) > LONGEST_URI_HEAD or not DATA_URI.fullmatch(head):
            raise CallFailed(400, f"Unsupported source URL: {content}")
        try:
            content = base64.b64decode(encoded)
        except binascii.Error:
            raise CallFailed(400, "Invalid image file") from None
    if not content:
        raise CallFailed(400, "Empty file")
    if len(content) > LARGEST_FILE:
        raise too_large(len(content))
    return content


def _public_id(call: Call) -> str:
    """The id that is asked for, or one made up, in the folder that is asked for. Raises CallFailed."""
    parameters = call.parameters
    public_id = parameters.get("public_id") or _made_up(call)
    folder = parameters.get("folder")
    whole = f"{folder}/{public_id}" if folder else public_id
    if len(whole) > LONGEST_PUBLIC_ID:
        raise CallFailed(400, f"public_id ({whole}) is too long")
    if FORBIDDEN_IN_PUBLIC_ID.search(whole) or not whole.isprintable():
        raise CallFailed(400, f"public_id ({whole}) is invalid")
    return whole


def _made_up(call: Call) -> str:
    stem = re.sub(r"[^\w.-]+", "_", PurePosixPath(call.file_name).stem)
    if call.parameters.get("use_filename") not in ("1", "true") or not stem:
        return random_id()
    return stem if call.parameters.get("unique_filename") in ("0", "false") else f"{stem}_{random_id()[:6]}"
