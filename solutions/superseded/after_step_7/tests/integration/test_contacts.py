"""Contacts over HTTP."""

from typing import Any

import httpx
import pytest

from tests.examples import contact, create


async def items(client: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> list[dict[str, Any]]:
    """The contacts on a page."""
    response = await client.get("/contacts", params=query, headers=headers)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


async def test_a_new_contact_can_be_read_at_its_location(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    created = await client.post("/contacts", json=contact(), headers=headers)
    assert created.status_code == 201
    read = await client.get(f"http://test{created.headers['Location']}", headers=headers)
    assert read.status_code == 200
    assert read.json() == created.json()
    assert read.json().items() >= contact().items()


@pytest.mark.parametrize(
    "changes",
    [{"first_name": "  "}, {"email": "no address"}, {"birthday": "2999-01-01"}],
)
async def test_a_wrong_contact_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str], changes: dict[str, Any]
) -> None:
    response = await client.post("/contacts", json=contact(**changes), headers=headers)
    assert response.status_code == 422
    (name,) = changes
    assert [error["field"] for error in response.json()["errors"]] == [f"body.{name}"]


async def test_a_user_stores_an_address_once(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    await create(client, headers)
    response = await client.post("/contacts", json=contact(email="Olena@Example.com"), headers=headers)
    assert (response.status_code, response.json()["code"]) == (409, "contact_exists")
    assert len(await items(client, headers)) == 1


async def test_a_change_cannot_take_the_address_of_another_contact(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await create(client, headers)
    other = await create(client, headers, email="other@example.com")
    response = await client.patch(f"/contacts/{other['id']}", json={"email": "olena@example.com"}, headers=headers)
    assert response.status_code == 409


async def test_pages_are_ordered_by_name_then_id_and_do_not_overlap(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    people = [("Shevchenko", "Taras"), ("Franko", "Zoya"), ("Franko", "Ivan"), ("Franko", "Ivan"), ("Andrukh", "Vira")]
    taras, zoya, ivan, other_ivan, vira = [
        (await create(client, headers, last_name=last, first_name=first, email=f"{number}@example.com"))["id"]
        for number, (last, first) in enumerate(people)
    ]
    # A database without an order may move a changed row to the end.
    await client.patch(f"/contacts/{ivan}", json={"phone": "12345"}, headers=headers)
    ids = [[item["id"] for item in await items(client, headers, limit=2, offset=offset)] for offset in (0, 2, 4)]
    assert ids == [[vira, ivan], [other_ivan, zoya], [taras]]


async def test_total_counts_all_matches(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for name in ("Olena", "Olha", "Ivan"):
        await create(client, headers, first_name=name, email=f"{name.lower()}@example.com")
    page = (await client.get("/contacts", params={"q": "ol", "limit": 1}, headers=headers)).json()
    assert (len(page["items"]), page["total"], page["limit"], page["offset"]) == (1, 2, 1, 0)


@pytest.mark.parametrize("query", [{"limit": 101}, {"offset": -1}])
async def test_a_page_has_bounds(client: httpx.AsyncClient, headers: dict[str, str], query: dict[str, int]) -> None:
    assert (await client.get("/contacts", params=query, headers=headers)).status_code == 422


@pytest.mark.parametrize(
    ("q", "found"),
    [("OLE", ["Olena"]), ("valenk", ["Olena"]), ("@work", ["100%"]), ("%", ["100%"]), ("_", [])],
)
async def test_search_finds_a_part_of_names_and_address_and_has_no_wildcards(
    client: httpx.AsyncClient, headers: dict[str, str], q: str, found: list[str]
) -> None:
    await create(client, headers)
    await create(client, headers, first_name="100%", last_name="Sure", email="sure@work.example.com")
    assert [item["first_name"] for item in await items(client, headers, q=q)] == found


async def test_a_change_leaves_the_other_fields_alone(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    before = await create(client, headers)
    response = await client.patch(f"/contacts/{before['id']}", json={"phone": "12345"}, headers=headers)
    assert response.status_code == 200
    after = response.json()
    assert after.pop("updated_at") > before.pop("updated_at")
    assert after == before | {"phone": "12345"}


async def test_no_change_changes_nothing(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    before = await create(client, headers)
    response = await client.patch(f"/contacts/{before['id']}", json={}, headers=headers)
    assert (response.status_code, response.json()) == (200, before)


async def test_null_clears_what_is_optional(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    path = f"/contacts/{(await create(client, headers))['id']}"
    response = await client.patch(path, json={"birthday": None, "notes": None}, headers=headers)
    assert response.status_code == 200
    read = (await client.get(path, headers=headers)).json()
    assert (read["birthday"], read["notes"]) == (None, None)


@pytest.mark.parametrize("field", ["first_name", "phone"])
async def test_null_is_refused_for_what_is_required(
    client: httpx.AsyncClient, headers: dict[str, str], field: str
) -> None:
    before = await create(client, headers)
    response = await client.patch(f"/contacts/{before['id']}", json={field: None}, headers=headers)
    assert response.status_code == 422
    assert (await client.get(f"/contacts/{before['id']}", headers=headers)).json() == before


async def test_a_deleted_contact_is_gone(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    path = f"/contacts/{(await create(client, headers))['id']}"
    assert (await client.delete(path, headers=headers)).status_code == 204
    for again in (await client.get(path, headers=headers), await client.delete(path, headers=headers)):
        assert (again.status_code, again.json()["code"]) == (404, "contact_not_found")
