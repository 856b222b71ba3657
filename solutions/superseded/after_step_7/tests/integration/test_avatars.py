"""Avatars. An AsyncMock stands in for the upload to Cloudinary."""

import io
from unittest.mock import AsyncMock

import httpx
import pytest
from PIL import Image

from app.core.errors import BadGateway
from app.models import User
from tests.examples import image

URL = "https://images.example.com/c_fill,h_200,w_200/v1/avatars/1"


@pytest.fixture(autouse=True)
def upload(monkeypatch: pytest.MonkeyPatch) -> AsyncMock:
    upload = AsyncMock(return_value=URL)
    monkeypatch.setattr("app.services.avatars.upload_avatar", upload)
    return upload


async def send(client: httpx.AsyncClient, headers: dict[str, str], file: bytes) -> httpx.Response:
    return await client.post("/users/me/avatar", files={"file": ("avatar.png", file, "image/png")}, headers=headers)


async def shown(client: httpx.AsyncClient, headers: dict[str, str]) -> str | None:
    """The avatar in the user's account."""
    url: str | None = (await client.get("/users/me", headers=headers)).json()["avatar_url"]
    return url


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
async def test_an_image_becomes_the_avatar(
    client: httpx.AsyncClient, user: User, headers: dict[str, str], upload: AsyncMock, kind: str
) -> None:
    response = await send(client, headers, image(kind))
    assert response.status_code == 200
    assert response.json()["avatar_url"] == await shown(client, headers) == URL
    upload.assert_awaited_once()
    user_id, stored = upload.await_args.args if upload.await_args else (None, b"")
    assert user_id == user.id
    assert Image.open(io.BytesIO(stored)).format == kind


@pytest.mark.parametrize("file", [b"no image", image()[:-20]], ids=["text", "truncated image"])
async def test_what_is_no_image_is_not_uploaded(
    client: httpx.AsyncClient, headers: dict[str, str], upload: AsyncMock, file: bytes
) -> None:
    response = await send(client, headers, file)
    assert (response.status_code, response.json()["code"]) == (422, "unsupported_image")
    upload.assert_not_awaited()
    assert await shown(client, headers) is None


async def test_a_large_file_is_refused(client: httpx.AsyncClient, headers: dict[str, str], upload: AsyncMock) -> None:
    response = await send(client, headers, image() + bytes(2 * 1024 * 1024))
    assert (response.status_code, response.json()["code"]) == (413, "file_too_large")
    upload.assert_not_awaited()


async def test_a_failed_upload_leaves_the_old_avatar(
    client: httpx.AsyncClient, headers: dict[str, str], upload: AsyncMock
) -> None:
    await send(client, headers, image())
    upload.side_effect = BadGateway("upload_failed", "Cloudinary is down.")
    response = await send(client, headers, image())
    assert (response.status_code, response.json()["code"]) == (502, "upload_failed")
    assert await shown(client, headers) == URL


async def test_an_avatar_belongs_to_one_user(
    client: httpx.AsyncClient, headers: dict[str, str], other_headers: dict[str, str]
) -> None:
    await send(client, headers, image())
    assert await shown(client, other_headers) is None


async def test_a_stranger_cannot_upload(client: httpx.AsyncClient, upload: AsyncMock) -> None:
    assert (await send(client, {}, image())).status_code == 401
    upload.assert_not_awaited()
