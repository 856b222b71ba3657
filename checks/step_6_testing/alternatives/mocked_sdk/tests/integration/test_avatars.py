"""Avatars, with a mock in the place of Cloudinary's SDK."""

from unittest.mock import Mock

import httpx
import pytest

from app.models import User
from tests.examples import image

STORED = {"secure_url": "https://res.cloudinary.com/demo/image/upload/v7/avatars/1.png"}


@pytest.fixture(autouse=True)
def sdk(monkeypatch: pytest.MonkeyPatch) -> Mock:
    sdk = Mock(return_value=STORED)
    monkeypatch.setattr("cloudinary.uploader.upload", sdk)
    return sdk


@pytest.fixture
def post(client: httpx.AsyncClient, headers: dict[str, str]):  # type: ignore[no-untyped-def]
    async def post(file: bytes) -> httpx.Response:
        return await client.post("/users/me/avatar", files={"file": ("a", file)}, headers=headers)

    return post


async def test_stored(client, headers, user: User, post, sdk: Mock) -> None:  # type: ignore[no-untyped-def]
    assert (await post(image("GIF"))).status_code == 200
    sdk.assert_called_once()
    assert sdk.call_args.kwargs["public_id"] == f"avatars/{user.id}"
    url = (await client.get("/users/me", headers=headers)).json()["avatar_url"]
    assert url == "https://res.cloudinary.com/demo/image/upload/c_fill,h_200,w_200/v7/avatars/1.png"


@pytest.mark.parametrize("error", [OSError("down"), ValueError("strange")])
async def test_failed(client, headers, post, sdk: Mock, error: Exception) -> None:  # type: ignore[no-untyped-def]
    sdk.side_effect = error
    response = await post(image())
    assert (response.status_code, response.json()["code"]) == (502, "upload_failed")
    assert (await client.get("/users/me", headers=headers)).json()["avatar_url"] is None


async def test_refused(post, sdk: Mock) -> None:  # type: ignore[no-untyped-def]
    assert (await post(b"<svg/>")).status_code == 422
    sdk.assert_not_called()
