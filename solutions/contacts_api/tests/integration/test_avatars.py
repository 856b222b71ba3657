"""Uploading an avatar: the SDK of Cloudinary talks to a stand-in over HTTP, and nothing of it is replaced."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.config import get_settings
from app.models import User
from tests.examples import problem_fields
from tests.picture_store import CLOUD_NAME, LONG, PictureStore, listening, read_request
from tests.pictures import FORMATS, NO_PICTURES, opened, picture
from tests.servers import closed, silent

LARGEST = 2 * 1024 * 1024


async def upload(client: httpx.AsyncClient, content: bytes, name: str = "me.png", kind: str = "image/png") -> Any:
    return await client.post("/users/me/avatar", files={"file": (name, content, kind)})


async def avatar_url(client: httpx.AsyncClient) -> str | None:
    url: str | None = (await client.get("/users/me")).json()["avatar_url"]
    return url


def padded(size: int) -> bytes:
    """A picture with so much behind it that the file has this size."""
    return picture().ljust(size, b"\0")


def change_settings(settings: pytest.MonkeyPatch, name: str, value: str) -> None:
    settings.setenv(name, value)
    get_settings.cache_clear()


async def test_a_new_user_has_no_avatar(ann: httpx.AsyncClient) -> None:
    assert await avatar_url(ann) is None


@pytest.mark.parametrize("kind", FORMATS)
async def test_an_upload_is_stored_and_shown(ann: httpx.AsyncClient, store: PictureStore, kind: str) -> None:
    answer = await upload(ann, picture(kind))
    assert answer.status_code == 200, answer.text
    (stored,) = store.uploads
    assert opened(stored.content).format == kind
    me = (await ann.get("/users/me")).json()
    assert answer.json() == me
    assert (
        me["avatar_url"]
        == f"{store.address}/{CLOUD_NAME}/image/upload/c_fill,h_200,w_200/v1700000001/avatars/{me['id']}.png"
    )


async def test_name_and_declared_type_mean_nothing(ann: httpx.AsyncClient, store: PictureStore) -> None:
    answer = await upload(ann, picture("JPEG"), "../../etc/passwd.exe", "text/html")
    assert answer.status_code == 200
    (stored,) = store.uploads
    assert opened(stored.content).format == "JPEG"
    assert not any("passwd" in value for value in stored.fields.values())
    assert b"passwd" not in stored.content


async def test_each_user_has_one_place_and_a_new_picture_takes_it(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, store: PictureStore
) -> None:
    for client in (ann, ann, bob):
        assert (await upload(client, picture())).status_code == 200
    ids = [(await client.get("/users/me")).json()["id"] for client in (ann, ann, bob)]
    assert [stored.fields["public_id"] for stored in store.uploads] == [f"avatars/{user_id}" for user_id in ids]
    assert all((stored.fields["overwrite"], stored.fields["invalidate"]) == ("1", "1") for stored in store.uploads)
    assert "/v1700000002/" in str(await avatar_url(ann))
    assert "/v1700000003/" in str(await avatar_url(bob))


async def test_only_who_is_logged_in_may_upload(client: httpx.AsyncClient, store: PictureStore) -> None:
    answer = await upload(client, picture())
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert store.uploads == []


async def test_only_who_is_verified_may_upload(
    ann: httpx.AsyncClient, store: PictureStore, application: FastAPI
) -> None:
    async with application.state.sessions() as session:
        await session.execute(update(User).values(is_verified=False))
        await session.commit()
    answer = await upload(ann, picture())
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")
    assert store.uploads == []


@pytest.mark.parametrize("content", NO_PICTURES.values(), ids=NO_PICTURES)
async def test_what_is_no_picture_is_refused_and_goes_nowhere(
    ann: httpx.AsyncClient, store: PictureStore, content: bytes
) -> None:
    answer = await upload(ann, content)
    assert (answer.status_code, answer.json()["code"]) == (422, "unsupported_image")
    assert [error["field"] for error in answer.json()["errors"]] == ["body.file"]
    assert store.uploads == []
    assert await avatar_url(ann) is None


async def test_a_form_without_a_file_is_refused(ann: httpx.AsyncClient) -> None:
    assert problem_fields(await ann.post("/users/me/avatar", files={"picture": picture()})) == ["body.file"]
    assert problem_fields(await ann.post("/users/me/avatar", data={"file": "me.png"})) == ["body.file"]
    assert problem_fields(await ann.post("/users/me/avatar")) == ["body.file"]


async def test_a_form_that_is_none_is_refused(ann: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await ann.post("/users/me/avatar", content=b"no form", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")


async def test_two_mebibytes_are_allowed_and_a_byte_more_is_not(ann: httpx.AsyncClient, store: PictureStore) -> None:
    assert (await upload(ann, padded(LARGEST))).status_code == 200
    answer = await upload(ann, padded(LARGEST + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert len(store.uploads) == 1


async def test_what_is_announced_as_too_large_is_not_read(ann: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        raise AssertionError("nobody should have asked for this")
        yield b""

    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(LARGEST * 2)}
    answer = await ann.post("/users/me/avatar", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert answer.json().keys() == {"detail", "code"}


async def test_what_turns_out_to_be_too_large_is_read_no_further(ann: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="me.png"\r\n\r\n'
        while True:
            sent += 64 * 1024
            yield bytes(64 * 1024)

    answer = await ann.post(
        "/users/me/avatar", content=endless(), headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert answer.json().keys() == {"detail", "code"}
    assert sent <= LARGEST + 128 * 1024


async def test_while_an_upload_takes_its_time_others_are_served(
    ann: httpx.AsyncClient, store: PictureStore, application: FastAPI
) -> None:
    store.let_through.clear()
    uploads = [asyncio.create_task(upload(ann, picture())) for _ in range(8)]  # more than there are threads
    await store.arrived.wait()
    assert (await ann.get("/users/me")).status_code == 200
    # Those who wait for Cloudinary return their connections to the database; the last of them may just be on its way.
    async with asyncio.timeout(LONG):
        while application.state.sessions.kw["bind"].pool.checkedout():  # noqa: ASYNC110 - the pool has no event
            await asyncio.sleep(0)
    assert not any(task.done() for task in uploads)
    store.let_through.set()
    assert {answer.status_code for answer in await asyncio.gather(*uploads)} == {200}


async def check_refused(client: httpx.AsyncClient, old: str | None) -> None:
    answer = await upload(client, picture())
    assert (answer.status_code, answer.json()["code"]) == (502, "upload_failed")
    assert answer.json().keys() == {"detail", "code"}
    assert await avatar_url(client) == old


@pytest.mark.parametrize(
    "answer",
    [
        (400, {"error": {"message": "Invalid image file"}}),
        (420, {"error": {"message": "Rate Limit Exceeded"}}),
        (500, {"error": {"message": "General Error"}}),
        (503, "Service Unavailable"),
        (200, {"error": "strange"}),
        (200, ["strange"]),
        (200, {}),
        (200, {"secure_url": None}),
        (200, {"secure_url": "http://pictures.example/1.png"}),
    ],
)
async def test_when_cloudinary_refuses_the_old_avatar_stays(
    ann: httpx.AsyncClient, store: PictureStore, answer: tuple[int, object]
) -> None:
    await upload(ann, picture())
    old = await avatar_url(ann)
    store.answer = answer
    await check_refused(ann, old)
    store.answer = None
    assert (await upload(ann, picture())).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLOUDINARY_CLOUD_NAME", "somebody-elses"),
        ("CLOUDINARY_CLOUD_NAME", ""),
        ("CLOUDINARY_API_KEY", "1"),
        ("CLOUDINARY_API_KEY", ""),
        ("CLOUDINARY_API_SECRET", "a wrong one"),
        ("CLOUDINARY_API_SECRET", ""),
    ],
)
async def test_without_the_right_account_nothing_is_stored(
    ann: httpx.AsyncClient, store: PictureStore, settings: pytest.MonkeyPatch, name: str, value: str
) -> None:
    change_settings(settings, name, value)
    await check_refused(ann, None)
    assert store.uploads == []


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("make_server", [silent, closed])
async def test_when_cloudinary_does_not_answer_the_old_avatar_stays(
    ann: httpx.AsyncClient,
    settings: pytest.MonkeyPatch,
    make_server: Callable[[], socket.socket],
) -> None:
    await upload(ann, picture())
    old = await avatar_url(ann)
    change_settings(settings, "CLOUDINARY_TIMEOUT", "0.2")
    with closing(make_server()) as server:
        change_settings(settings, "CLOUDINARY_UPLOAD_PREFIX", f"http://127.0.0.1:{server.getsockname()[1]}")
        await check_refused(ann, old)


async def test_a_store_that_was_silent_gets_pictures_again_at_once(
    ann: httpx.AsyncClient, store: PictureStore, settings: pytest.MonkeyPatch
) -> None:
    """The threads that waited for it in vain have ended: nothing but their own timeout can end them."""
    change_settings(settings, "CLOUDINARY_TIMEOUT", "0.2")
    with closing(silent()) as server:
        change_settings(settings, "CLOUDINARY_UPLOAD_PREFIX", f"http://127.0.0.1:{server.getsockname()[1]}")
        answers = await asyncio.gather(*(upload(ann, picture()) for _ in range(8)))  # more than there are threads
        assert {answer.status_code for answer in answers} == {502}
        change_settings(settings, "CLOUDINARY_TIMEOUT", str(LONG / 3))
        change_settings(settings, "CLOUDINARY_UPLOAD_PREFIX", store.address)
        assert (await upload(ann, picture())).status_code == 200


@pytest.mark.usefixtures("store")
async def test_when_cloudinary_hangs_up_the_old_avatar_stays(
    ann: httpx.AsyncClient, settings: pytest.MonkeyPatch
) -> None:
    await upload(ann, picture())
    old = await avatar_url(ann)
    calls = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await reader.read(1)
        writer.transport.abort()

    async with listening(hang_up) as address:
        change_settings(settings, "CLOUDINARY_UPLOAD_PREFIX", address)
        await check_refused(ann, old)
    assert calls == 1


@pytest.mark.usefixtures("store")
async def test_no_upload_meets_a_connection_that_cloudinary_closes_at_this_moment(
    ann: httpx.AsyncClient, settings: pytest.MonkeyPatch
) -> None:
    """A server closes connections that are idle, and a client that uses one again may notice too late."""

    async def serve_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asks_to_close = (await read_request(reader)).headers.get("Connection") == "close"
        body = b'{"secure_url": "https://res.example/image/upload/v1/me.png"}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(body))
        writer.write((b"Connection: close\r\n" if asks_to_close else b"") + b"\r\n" + body)
        await writer.drain()
        if not asks_to_close:
            await reader.read(1)  # the next request
        writer.close()

    async with listening(serve_once) as address:
        change_settings(settings, "CLOUDINARY_UPLOAD_PREFIX", address)
        answers = [await ann.post("/users/me/avatar", files={"file": picture()}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.usefixtures("store")
async def test_an_answer_in_small_pieces_does_not_hold_the_user_for_long(
    ann: httpx.AsyncClient, settings: pytest.MonkeyPatch
) -> None:
    change_settings(settings, "CLOUDINARY_TIMEOUT", "0.2")
    answered = asyncio.Event()

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not answered.is_set():
            writer.write(b" ")
            await asyncio.sleep(0.01)
        writer.close()
        await writer.wait_closed()

    async with listening(drip) as address:
        change_settings(settings, "CLOUDINARY_UPLOAD_PREFIX", address)
        await check_refused(ann, None)
        answered.set()


@pytest.mark.usefixtures("store")
async def test_the_log_names_the_failure_and_no_secret(
    ann: httpx.AsyncClient, settings: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    change_settings(settings, "CLOUDINARY_API_SECRET", "another-secret-of-theirs")
    await check_refused(ann, None)
    assert "did not take the avatar of user" in caplog.text
    assert "Invalid Signature" in caplog.text
    assert "another-secret-of-theirs" not in caplog.text
