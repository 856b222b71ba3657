"""Avatars, through the TestClient: it runs the application in a thread with an event loop of its own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from starlette.testclient import TestClient

from app.core.config import Settings
from app.core.database import Base, create_engine, create_sessions
from app.core.errors import BadGateway
from app.core.security import Purpose, create_token
from app.main import create_app
from app.models import User
from tests.examples import image

URL = "https://images.example.com/c_fill,h_200,w_200/v1/avatars/1"


async def with_user(url: str) -> int:
    """The id of a user in the database, whose tables are made here."""
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with create_sessions(engine)() as session:
        user = User(email="eve@example.com", password_hash="-", is_verified=True)
        session.add(user)
        await session.commit()
    await engine.dispose()
    return user.id


@pytest.fixture
def upload(monkeypatch: pytest.MonkeyPatch) -> AsyncMock:
    upload = AsyncMock(return_value=URL)
    monkeypatch.setattr("app.services.avatars.upload_avatar", upload)
    return upload


@pytest.fixture
def web(settings: Settings, tmp_path: Path) -> Iterator[TestClient]:
    user_id = asyncio.run(with_user(settings.database_url))
    headers = {"Authorization": f"Bearer {create_token(user_id, Purpose.ACCESS)}"}
    with TestClient(create_app(), base_url="http://test/api/v1", headers=headers) as web:
        yield web


def test_upload(web: TestClient, upload: AsyncMock) -> None:
    response = web.post("users/me/avatar", files={"file": image()})
    assert response.status_code == 200
    assert response.json()["avatar_url"] == web.get("users/me").json()["avatar_url"] == URL
    upload.assert_awaited_once()


def test_no_image(web: TestClient, upload: AsyncMock) -> None:
    assert web.post("users/me/avatar", files={"file": b"text"}).status_code == 422
    upload.assert_not_awaited()


def test_failed_upload(web: TestClient, upload: AsyncMock) -> None:
    upload.side_effect = BadGateway("upload_failed", "down")
    assert web.post("users/me/avatar", files={"file": image()}).status_code == 502
    assert web.get("users/me").json()["avatar_url"] is None
