"""Refresh and logout, as one class with the tokens of a login."""

import httpx
import pytest

from app.models import User
from tests.examples import PASSWORD


class TestLoginSession:
    client: httpx.AsyncClient
    refresh_token: str

    @pytest.fixture(autouse=True)
    async def _log_in(self, client: httpx.AsyncClient, user: User) -> None:
        self.client = client
        response = await client.post("/auth/login", data={"username": user.email, "password": PASSWORD})
        self.refresh_token = response.json()["refresh_token"]

    async def post(self, path: str, token: str) -> httpx.Response:
        return await self.client.post(path, json={"refresh_token": token})

    async def assert_revoked(self, token: str) -> None:
        response = await self.post("/auth/refresh", token)
        assert response.status_code == 401
        assert response.json()["code"] == "token_revoked"

    async def test_rotation(self) -> None:
        assert (await self.post("/auth/refresh", self.refresh_token)).status_code == 200
        await self.assert_revoked(self.refresh_token)

    async def test_logout(self) -> None:
        newer = (await self.post("/auth/refresh", self.refresh_token)).json()["refresh_token"]
        for _ in range(2):
            assert (await self.post("/auth/logout", newer)).status_code == 204
        await self.assert_revoked(newer)

    async def test_logout_with_an_old_token_ends_the_newest(self) -> None:
        newer = (await self.post("/auth/refresh", self.refresh_token)).json()["refresh_token"]
        assert (await self.post("/auth/logout", self.refresh_token)).status_code == 204
        await self.assert_revoked(newer)
