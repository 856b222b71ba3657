"""File upload: the size limit, content validation, metadata, the store, and the requests that wait.

Run it with `python 03_cloudinary_upload.py`. It needs no account and no network. It makes the images itself. The image
store of the course takes the place of Cloudinary: it listens on this machine only, and understands the requests of
Cloudinary's SDK. It exits with 0 if every claim that it prints is true, and with 1 otherwise.
"""

import asyncio
import base64
import hashlib
import io
import struct
import subprocess
import sys
import threading
import time
import warnings
import wave
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import cloudinary.uploader
import httpx
import uvicorn
from cloudinary.exceptions import Error as CloudinaryError
from fastapi import FastAPI, Request, UploadFile
from PIL import Image
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from courseware.services.image_store.service import ImageStore
from courseware.services.servers import HOST, FaultMode, listen_at, port_of

Claims = dict[str, bool]
"""The claims of a chapter, and whether each of them was true when the chapter ran."""

BUSY_SECONDS = 0.4
"""How long the store does not answer. A real one is reached over the internet."""
PATIENCE_SECONDS = 0.3
"""The timeout: after it, a store that does not answer counts as unavailable."""
MEGABYTE = 1024 * 1024
LIMIT = 2 * MEGABYTE


# --------------------------------------------------------------------------------------------------------------- images


def photograph(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    """Makes an image file that compression does not make much smaller, like a photograph."""
    width, height = size[0] // 8, size[1] // 8
    noise = Image.frombytes("RGB", (width, height), hashlib.shake_128(b"noise").digest(width * height * 3))
    return saved(noise.resize(size), kind, **options)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "GIF", "WEBP"))


# --------------------------------------------------------------------------------------------------- multipart and JSON


def on_the_wire() -> Claims:
    """The size of a request body: the same file in a form and in JSON"""
    content = photograph()
    ways = {
        "multipart/form-data": {"files": {"file": ("me.jpg", content, "image/jpeg")}},
        "JSON, Base64": {"json": {"file": base64.b64encode(content).decode()}},
        "JSON, a list of numbers": {"json": {"file": list(content)}},
    }
    sizes = {name: len(httpx.Request("POST", "http://x", **body).read()) for name, body in ways.items()}  # type: ignore[arg-type]
    print(f"The file has {len(content):,} bytes.\n")
    print_table(
        ("the body", "bytes", "larger than the file by"),
        [(name, f"{size:,}", f"{(size / len(content) - 1) * 100:.0f} %") for name, size in sizes.items()],
    )
    return {
        "a form adds only a few hundred bytes to the file": sizes["multipart/form-data"] < len(content) + 500,
        "Base64 turns three bytes into four": 1.33 < sizes["JSON, Base64"] / len(content) < 1.35,
        "a list of numbers in JSON is more than three times as large": sizes["JSON, a list of numbers"]
        > 3 * len(content),
    }


class Counting:
    """Counts the bytes of request bodies that an application receives, in `received`."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self.received = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_counting() -> Message:
            message = await receive()
            self.received += len(message.get("body", b""))
            return message

        await self._application(scope, receive_counting, send)


def limited_application() -> FastAPI:
    """Makes an application with a limit of 2 MiB for files, checked in two ways."""
    application = FastAPI()

    @application.post("/afterwards")
    async def afterwards(file: UploadFile) -> str:
        return "too large" if len(await file.read()) > LIMIT else "accepted"

    @application.post("/while it arrives", max_body_size=LIMIT)
    async def while_it_comes(file: UploadFile) -> str:
        return f"{file.filename}: accepted"

    return application


def where_the_limit_stands() -> Claims:
    """A client sends 8 MiB where 2 MiB are allowed, without announcing the size"""
    form = httpx.Request("POST", "http://x", files={"file": ("me.jpg", bytes(8 * MEGABYTE), "image/jpeg")})
    body = form.read()

    def pieces() -> Iterator[bytes]:  # without Content-Length, so httpx sends it in chunks
        yield from (body[start : start + MEGABYTE] for start in range(0, len(body), MEGABYTE))

    rows, received = [], {}
    for way in ("afterwards", "while it arrives"):
        counting = Counting(limited_application())
        with served(counting) as client:
            try:
                answer = client.post(
                    f"/{way}", content=pieces(), headers={"Content-Type": form.headers["Content-Type"]}
                )
                said = f"{answer.status_code} {answer.text}"
            except httpx.TransportError:  # the server has closed the connection while the client still sends
                said = "connection closed"
        received[way] = counting.received
        rows.append((way, f"{received[way] / MEGABYTE:.1f} MiB", said))
    print_table(("size is checked", "bytes received", "answer"), rows)
    return {
        "a check afterwards does not limit what is received": received["afterwards"] > 8 * MEGABYTE,
        "a check while the body arrives limits it": received["while it arrives"] < LIMIT + MEGABYTE,
    }


# --------------------------------------------------------------------------------------------------- content validation

FIRST_LETTERS = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF")
SCRIPT = b"<?php system($_GET['c']); ?>"


def sound() -> bytes:
    """Makes a WAV file with a second of silence. It begins with RIFF, as WebP does."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(1)
        wav.setframerate(8000)
        wav.writeframes(bytes(8000))
    return file.getvalue()


def named_as_a_picture(name: str, declared: str, _: bytes) -> bool:
    return name.endswith((".jpg", ".png", ".gif", ".webp")) and declared.startswith("image/")


def begins_like_a_picture(_: str, __: str, content: bytes) -> bool:
    return content.startswith(FIRST_LETTERS)


def has_a_signature(_: str, __: str, content: bytes) -> bool:
    """The whole signature of each format: eight bytes for PNG, a version for GIF, the type of a RIFF file for WebP."""
    webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return webp or content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a"))


def can_be_drawn(_: str, __: str, content: bytes) -> bool:
    try:
        opened(content).load()
    except Exception:  # broken files make Pillow raise almost anything
        return False
    return True


CHECKS: dict[str, Callable[[str, str, bytes], bool]] = {
    "name, type": named_as_a_picture,
    "first bytes": begins_like_a_picture,
    "signature": has_a_signature,
    "decoded": can_be_drawn,
}


def what_fools_a_check() -> Claims:
    """Four checks whether a file is an image, and the files that each accepts"""
    files: dict[str, tuple[str, str, bytes]] = {
        "a photograph": ("me.jpg", "image/jpeg", photograph()),
        "an image without a name": ("blob", "application/octet-stream", photograph("WEBP")),
        "a text called cat.png": ("cat.png", "image/png", b"Not an image."),
        "an SVG image with a script": ("cat.svg", "image/svg+xml", b"<svg><script>alert(1)</script></svg>"),
        "a WAV called cat.webp": ("cat.webp", "image/webp", sound()),
        "GIF8<?php ...": ("cat.gif", "image/gif", b"GIF8" + SCRIPT),
        "GIF89a<?php ...": ("cat.gif", "image/gif", b"GIF89a" + SCRIPT),
        "half a photograph": ("me.png", "image/png", photograph("PNG")[:50_000]),
        "an image, then a script": ("me.gif", "image/gif", photograph("GIF") + SCRIPT),
    }
    passed = {name: {way: check(*file) for way, check in CHECKS.items()} for name, file in files.items()}
    print_table(
        ("the file", *CHECKS),
        [(name, *("accepted" if result[way] else "-" for way in CHECKS)) for name, result in passed.items()],
    )
    return {
        "the client writes name and type, so they prove nothing": passed["a text called cat.png"]["name, type"]
        and not passed["an image without a name"]["name, type"],
        "a WAV file and a script begin like images": passed["a WAV called cat.webp"]["first bytes"]
        and passed["GIF8<?php ..."]["first bytes"],
        "the whole signature refuses both, but a script can begin with it": not passed["a WAV called cat.webp"][
            "signature"
        ]
        and not passed["GIF8<?php ..."]["signature"]
        and passed["GIF89a<?php ..."]["signature"],
        "only decoding accepts images and nothing else": [name for name in files if passed[name]["decoded"]]
        == ["a photograph", "an image without a name", "an image, then a script"],
    }


# -------------------------------------------------------------------------------------------------- decompression bombs


def bomb(side: int) -> bytes:
    """Makes a PNG of side x side black pixels, with one bit for each. Equal bytes compress best."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + (side + 7) // 8) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


# Makes an avatar as many services do, in a separate process, and prints the highest memory use of that process.
MAKE_AVATAR = """
import io, sys, warnings
from PIL import Image, ImageOps
warnings.simplefilter("ignore")
image = Image.open(io.BytesIO(sys.stdin.buffer.read()))
ImageOps.exif_transpose(image).convert("RGB").thumbnail((200, 200))
try:  # Linux
    status = open("/proc/self/status").read()
    print(int(status.partition("VmHWM:")[2].split()[0]) * 1024)
except OSError:  # macOS
    import resource
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def memory_taken(content: bytes) -> int | None:
    """Returns the bytes of memory needed to make an avatar of this file, or None if the process was killed."""
    child = subprocess.run([sys.executable, "-c", MAKE_AVATAR], input=content, capture_output=True, check=False)
    return int(child.stdout) if child.returncode == 0 else None


def picture_bombs() -> Claims:
    """A decompression bomb: a small file with a large image"""
    files = {"a photograph": photograph(), "a bomb": bomb(13_350)}
    rows, taken, looked = [], {}, {}
    for name, content in files.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            began = time.perf_counter()
            width, height = opened(content).size
            looked[name] = time.perf_counter() - began
        taken[name] = memory_taken(content)
        memory = "killed" if taken[name] is None else f"{(taken[name] or 0) / MEGABYTE:,.0f} MiB"
        rows.append((name, f"{len(content):,}", f"{width:,} x {height:,}", memory, milliseconds(looked[name])))
    print_table(("the file", "bytes", "pixels", "memory to decode", "size read in"), rows)
    return {
        "a file of less than 30 KB needs a gigabyte of memory": len(files["a bomb"]) < 30_000
        and (taken["a bomb"] is None or taken["a bomb"] > 900 * MEGABYTE),
        "width and height are in the header: reading them needs no decoding": looked["a bomb"] < 0.1,
        "a limit on bytes does not help: the bomb is smaller than the photograph": len(files["a bomb"])
        < len(files["a photograph"]),
    }


# ------------------------------------------------------------------------------------------------------------- metadata


def photograph_that_tells() -> bytes:
    """Makes a photograph as a phone does: with the place where it was taken, and with a comment."""
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 27.0, 0.0), 3: "E", 4: (30.0, 31.0, 0.0)})
    return photograph(exif=exif, comment=b"my new flat")


def what_comes_along() -> Claims:
    """The content of a file besides the image"""
    original = photograph_that_tells() + SCRIPT
    image = opened(original)
    pixels = Image.new(image.mode, image.size)
    pixels.paste(image)
    files = {
        "as received": original,
        "saved again": saved(image, "JPEG", exif=image.getexif()),
        "re-encoded pixels": saved(pixels, "JPEG"),
    }
    found = {name: left_over(content) for name, content in files.items()}
    print_table(
        ("the file", *found["as received"]),
        [(name, *("present" if each else "-" for each in left.values())) for name, left in found.items()],
    )
    return {
        "the received file contains the position: where the user lives": found["as received"]["position"],
        "saving again drops bytes after the image, and may keep metadata": found["saved again"]["position"]
        and not found["saved again"]["script after it"],
        "an image made from the pixels contains none of it": not any(found["re-encoded pixels"].values()),
    }


def left_over(content: bytes) -> dict[str, bool]:
    image = opened(content)
    return {
        "position": 0x8825 in image.getexif(),
        "comment": "comment" in image.info,
        "script after it": SCRIPT in content,
    }


# ------------------------------------------------------------------------------------------------------------ the store


@contextmanager
def image_store() -> Iterator[tuple[ImageStore, dict[str, str]]]:
    """Starts an empty store. Returns it and the settings with which the SDK uses it in place of Cloudinary."""
    store, listener = ImageStore(), listen_at(0)
    store.serve(listener)
    facts = store.facts(HOST, port_of(listener))
    account = {name: facts[name] for name in ("cloud_name", "api_key", "api_secret")}
    try:
        yield store, {**account, "upload_prefix": facts["address"]}
    finally:
        cloudinary.uploader._http.clear()  # the SDK keeps connections
        store.stop()


@contextmanager
def busy(store: ImageStore, seconds: float) -> Iterator[None]:
    """Lets the store stall for `seconds`. Then it continues to answer."""
    store.set_fault(FaultMode.STALLS)
    later = threading.Timer(seconds, store.set_fault, [FaultMode.NONE])
    later.start()
    try:
        yield
    finally:
        later.join()


def one_upload_many_pictures() -> Claims:
    """One upload, and the images that different URLs deliver"""
    wanted = ("", "c_fill,h_200,w_200", "c_fit,h_200,w_200", "c_fill,h_64,w_64/f_webp", "q_10")
    rows, sizes = [], {}
    with image_store() as (store, account), httpx.Client(trust_env=False) as client:
        stored = cloudinary.uploader.upload(photograph(), public_id="avatars/1", **account)
        before, marker, after = stored["secure_url"].partition("/upload/")
        for transformation in wanted:
            answer = client.get(f"{before}{marker}{transformation}{'/' if transformation else ''}{after}")
            picture = opened(answer.content)
            sizes[transformation] = picture.size
            rows.append(
                (
                    transformation or "(none)",
                    f"{picture.width} x {picture.height}",
                    str(picture.format),
                    f"{len(answer.content):,}",
                )
            )
        uploads = len(store.pictures.uploads_after(0))
    print(f"stored: {stored['public_id']}, version {stored['version']}")
    print(f"URL: …/{account['cloud_name']}/image/upload/TRANSFORMATION/{after}\n")
    print_table(("transformation", "size", "format", "bytes"), rows)
    return {
        "c_fill cuts off the edges, c_fit keeps the whole image": sizes["c_fill,h_200,w_200"] == (200, 200)
        and sizes["c_fit,h_200,w_200"] == (200, 150),
        "all of these images come from one upload": uploads == 1,
    }


def a_new_avatar() -> Claims:
    """A second upload with the same public_id: which URL shows the old image?"""
    old, new = (saved(Image.new("RGB", (100, 100), color), "PNG") for color in ("red", "blue"))
    rows, shown = [], {}
    for invalidate in (False, True):
        with image_store() as (store, account), httpx.Client(trust_env=False) as client:
            send = partial(cloudinary.uploader.upload, public_id="avatars/1", overwrite=True, **account)
            first = send(old)
            fixed = first["secure_url"].replace(f"/v{first['version']}", "")
            client.get(fixed)  # from now on the CDN has a copy
            second = send(new, invalidate=invalidate)
            for place, address in (("without a version", fixed), ("with its version", second["secure_url"])):
                color = opened(client.get(address).content).getpixel((50, 50))
                shown[invalidate, place] = "old" if color == (255, 0, 0) else "new"
            stored = len(store.pictures.all)
        rows.append(
            (f"invalidate={invalidate}", shown[invalidate, "without a version"], shown[invalidate, "with its version"])
        )
    print_table(("uploaded again with", "URL without a version", "URL with its version"), rows)
    return {
        "the CDN shows the old image until it is invalidated": shown[False, "without a version"] == "old"
        and shown[True, "without a version"] == "new",
        "a new version has a new URL, of which the CDN has no copy": shown[False, "with its version"] == "new",
        "one public_id is one image: there are no orphaned files": stored == 1,
    }


# -------------------------------------------------------------------------------------------------- which requests wait


@dataclass(frozen=True)
class Waiting:
    """The waiting times that were measured while the store stalled, in seconds."""

    caller: float
    others: list[float]

    @property
    def longest(self) -> float:
        return max(self.others)

    @property
    def held_up(self) -> bool:
        """Whether other requests waited for the store. A busy machine alone delays them too, but answers more."""
        return self.longest > BUSY_SECONDS / 2 and len(self.others) < 10


@contextmanager
def served(application: ASGIApp) -> Iterator[httpx.Client]:
    """Serves the application in a thread with a separate event loop. Returns an HTTP client for it."""
    listener = listen_at(0)
    server = uvicorn.Server(
        uvicorn.Config(application, lifespan="off", log_config=None, log_level="critical", access_log=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        address, each_its_own = f"http://{HOST}:{port_of(listener)}", httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(base_url=address, limits=each_its_own, trust_env=False, timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def uploading_application(account: dict[str, str]) -> FastAPI:
    """Makes an application that uploads in three ways, with one more endpoint that uploads nothing."""
    application = FastAPI()
    upload = partial(cloudinary.uploader.upload, public_id="avatars/1", **account)

    @application.get("/other")
    async def other() -> str:
        return "done"

    @application.post("/called in async def")
    async def blocking(request: Request) -> None:
        upload(await request.body())

    @application.post("/called in def")
    def in_a_thread() -> None:
        upload(photograph())

    @application.post("/await asyncio.to_thread")
    async def awaited(request: Request) -> None:
        await asyncio.to_thread(upload, await request.body())

    return application


WAYS = ("called in async def", "called in def", "await asyncio.to_thread")


def measure(client: httpx.Client, store: ImageStore, way: str) -> Waiting:
    """Sends one request for `way` while the store stalls, and meanwhile many requests for the other endpoint."""
    picture = photograph()

    def seconds(method: str, path: str, content: bytes = b"") -> float:
        began = time.perf_counter()
        client.request(method, path, content=content).raise_for_status()
        return time.perf_counter() - began

    others: list[float] = []
    with ThreadPoolExecutor() as pool, busy(store, BUSY_SECONDS):
        uploading = pool.submit(seconds, "POST", f"/{way}", picture)
        began = time.perf_counter()
        while time.perf_counter() - began < BUSY_SECONDS:
            others.append(seconds("GET", "/other"))
            time.sleep(0.005)
    return Waiting(uploading.result(), others)


def who_waits() -> Claims:
    """The store does not answer for 0.4 s. Which requests wait?"""
    measured: dict[str, Waiting] = {}
    with image_store() as (store, account), served(uploading_application(account)) as client:
        for way in WAYS:
            client.post(f"/{way}", content=photograph())  # the first request takes longer
            measured[way] = measure(client, store, way)
        uploads = len(store.pictures.uploads_after(0))
    print_table(
        ("upload() is", "the caller waits", "other requests", "meanwhile"),
        [
            (
                way,
                milliseconds(waiting.caller),
                f"up to {milliseconds(waiting.longest)}",
                f"{len(waiting.others)} answers",
            )
            for way, waiting in measured.items()
        ],
    )
    blocking = measured[WAYS[0]]
    return {
        "the SDK blocks: in async def, all requests wait": blocking.held_up,
        "in a thread it does not block other requests": not any(measured[way].held_up for way in WAYS[1:]),
        "the image is stored in all three ways": uploads == 2 * len(WAYS),
    }


# -------------------------------------------------------------------------------------------------------- when it fails


def store_down() -> Claims:
    """The store fails. Which exception does the SDK raise, and after what time?"""
    rows, said = [], {}
    with image_store() as (store, account):
        send = partial(cloudinary.uploader.upload, public_id="avatars/1", timeout=PATIENCE_SECONDS, **account)
        send(photograph())
        version = store.pictures.all[0].version
        faults = {
            "answers 500": FaultMode.REFUSES,
            "does not answer": FaultMode.STALLS,
            "closes the connection": FaultMode.DROPS,
        }
        for name, mode in faults.items():
            store.set_fault(mode)
            said[name] = failure(send)
            rows.append((name, *said[name]))
        store.set_fault(FaultMode.NONE)
        said["another secret"] = failure(partial(send, api_secret="not the one of this account"))  # noqa: S106
        said["no image"] = failure(partial(send), b"Not an image.")
        rows += [
            ("works; the secret is wrong", *said["another secret"]),
            ("works; the file is no image", *said["no image"]),
        ]
        still_there = [picture.version for picture in store.pictures.all] == [version]
    print_table(("the store", "after", "what the SDK raises"), rows)
    return {
        "every failure raises an exception": all(error for _, error in said.values()),
        "the SDK has no timeout by default: give it one": cloudinary.config().timeout is None,
        "the image that was stored before is still stored": still_there,
    }


def failure(send: Callable[[bytes], Any], content: bytes | None = None) -> tuple[str, str]:
    """Returns how long an upload took, and the exception that it raised."""
    began = time.perf_counter()
    try:
        send(content or photograph())
        error = ""
    except CloudinaryError as raised:
        error = f"{type(raised).__name__}: {raised}"
    return milliseconds(time.perf_counter() - began), shortened(error)


# --------------------------------------------------------------------------------------------------------------- output

CHAPTERS: tuple[Callable[[], Claims], ...] = (
    on_the_wire,
    where_the_limit_stands,
    what_fools_a_check,
    picture_bombs,
    what_comes_along,
    one_upload_many_pictures,
    a_new_avatar,
    who_waits,
    store_down,
)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def shortened(text: str, length: int = 38) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table with a frame. Each column is as wide as its widest text."""
    lines = [headers, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruler = ["─" * (width + 2) for width in widths]
    print("┌" + "┬".join(ruler) + "┐")
    for number, line in enumerate(lines):
        print("│" + "│".join(f" {text:<{width}} " for text, width in zip(line, widths, strict=True)) + "│")
        if number == 0:
            print("├" + "┼".join(ruler) + "┤")
    print("└" + "┴".join(ruler) + "┘")


def main() -> int:
    """Runs every chapter and prints its claims. Returns the exit code: 1 if a claim is false."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    wrong = 0
    for number, chapter in enumerate(CHAPTERS, start=1):
        print(f"\n{number}. {chapter.__doc__}\n")
        for claim, holds in chapter().items():
            print(f"{'✓' if holds else '✗ NOT SO:'} {claim}")
            wrong += not holds
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
