"""Contacts, made by a factory fixture with random but repeatable data."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.examples import contact

Make = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def make_contact(client: httpx.AsyncClient, headers: dict[str, str]) -> Make:
    numbers = random.Random(6)

    async def make(**values: Any) -> dict[str, Any]:
        email = f"person{numbers.randrange(10**9)}@example.com"
        response = await client.post("/contacts", json=contact(email=email) | values, headers=headers)
        assert response.status_code == 201
        made: dict[str, Any] = response.json()
        return made

    return make


@pytest.fixture
def call(client: httpx.AsyncClient, headers: dict[str, str]) -> Callable[..., Awaitable[httpx.Response]]:
    async def call(method: str, path: str, **more: Any) -> httpx.Response:
        return await client.request(method, path, headers=headers, **more)

    return call


Call = Callable[..., Awaitable[httpx.Response]]


async def test_crud(make_contact: Make, call: Call) -> None:
    made = await make_contact()
    path = f"/contacts/{made['id']}"
    assert (await call("GET", path)).json() == made
    assert (await call("PATCH", path, json={"first_name": "Ada"})).json()["first_name"] == "Ada"
    assert (await call("DELETE", path)).status_code == 204
    assert (await call("GET", path)).status_code == 404


async def test_null(make_contact: Make, call: Call) -> None:
    path = f"/contacts/{(await make_contact())['id']}"
    changed = (await call("PATCH", path, json={"notes": None, "birthday": None})).json()
    assert changed["notes"] is None
    assert changed["birthday"] is None
    assert (await call("PATCH", path, json={"phone": None})).status_code == 422


async def test_conflicts(make_contact: Make, call: Call) -> None:
    one, two = await make_contact(), await make_contact()
    created = await call("POST", "/contacts", json=contact(email=one["email"]))
    changed = await call("PATCH", f"/contacts/{two['id']}", json={"email": one["email"]})
    assert [(each.status_code, each.json()["code"]) for each in (created, changed)] == [(409, "contact_exists")] * 2


async def test_order(make_contact: Make, call: Call) -> None:
    names = ["Petrenko", "Bondar", "Zubko", "Adamchuk"]
    for last_name in names:
        await make_contact(last_name=last_name)
    page = (await call("GET", "/contacts")).json()
    assert [each["last_name"] for each in page["items"]] == sorted(names)
    assert page["total"] == len(names)


@pytest.mark.parametrize(("q", "count"), [("da", 2), ("DA", 2), ("_", 1), ("%", 0), ("a_a", 1)])
async def test_search(make_contact: Make, call: Call, q: str, count: int) -> None:
    for first_name in ("Ada", "A_a", "Dana"):
        await make_contact(first_name=first_name, last_name="X")
    assert (await call("GET", "/contacts", params={"q": q})).json()["total"] == count
