"""Two users, in a class for each thing that they share."""

from typing import Any

import httpx
import pytest

from tests.examples import contact

Headers = dict[str, str]


class TestSamePerson:
    @pytest.fixture(autouse=True)
    async def of_bob(self, client: httpx.AsyncClient, other_headers: Headers) -> dict[str, Any]:
        response = await client.post("/contacts", json=contact(), headers=other_headers)
        created: dict[str, Any] = response.json()
        return created

    async def test_both_store_it(self, client: httpx.AsyncClient, headers: Headers) -> None:
        assert (await client.post("/contacts", json=contact(), headers=headers)).status_code == 201

    async def test_lists_stay_apart(self, client: httpx.AsyncClient, headers: Headers) -> None:
        for query in ({}, {"q": "olena"}, {"q": "kovalenko"}):
            page = (await client.get("/contacts", params=query, headers=headers)).json()
            assert page["items"] == []
            assert page["total"] == 0


class TestForeignContact:
    @pytest.fixture
    async def path(self, client: httpx.AsyncClient, other_headers: Headers) -> str:
        response = await client.post("/contacts", json=contact(), headers=other_headers)
        return f"/contacts/{response.json()['id']}"

    async def test_read(self, client: httpx.AsyncClient, headers: Headers, path: str) -> None:
        self.assert_missing(await client.get(path, headers=headers))

    async def test_change(self, client: httpx.AsyncClient, headers: Headers, path: str) -> None:
        self.assert_missing(await client.patch(path, json={"phone": "12345"}, headers=headers))

    async def test_delete(self, client: httpx.AsyncClient, headers: Headers, other_headers: Headers, path: str) -> None:
        self.assert_missing(await client.delete(path, headers=headers))
        assert (await client.get(path, headers=other_headers)).status_code == 200

    def assert_missing(self, response: httpx.Response) -> None:
        assert response.status_code == 404
        assert response.json()["code"] == "contact_not_found"
