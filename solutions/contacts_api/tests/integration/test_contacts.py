"""Storing, reading, changing and deleting contacts."""

import asyncio
from datetime import datetime

import httpx
import pytest

from app.services import contacts
from tests.examples import contact, create, problem_fields


async def listed(client: httpx.AsyncClient, **params: str | int) -> list[str]:
    """The first names on a page."""
    answer = await client.get("/contacts", params=params)
    assert answer.status_code == 200, answer.text
    return [item["first_name"] for item in answer.json()["items"]]


async def test_a_new_contact_is_shown_and_found_where_location_says(ann: httpx.AsyncClient) -> None:
    answer = await ann.post("/contacts", json=contact())
    assert answer.status_code == 201
    created = answer.json()
    assert contact().items() <= created.items()
    assert created.keys() - contact().keys() == {"id", "created_at", "updated_at"}
    assert datetime.fromisoformat(created["created_at"]).utcoffset() is not None
    assert answer.headers["Location"] == f"/api/v1/contacts/{created['id']}"
    assert (await ann.get(f"/contacts/{created['id']}")).json() == created


async def test_fields_that_may_be_left_out_are_null(ann: httpx.AsyncClient) -> None:
    body = {name: value for name, value in contact().items() if name not in ("birthday", "notes")}
    created = (await ann.post("/contacts", json=body)).json()
    assert (created["birthday"], created["notes"]) == (None, None)


async def test_an_address_is_stored_once_per_user(ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    await create(ann)
    again = await ann.post("/contacts", json=contact(email="OLENA@example.com"))
    assert (again.status_code, again.json()["code"]) == (409, "contact_exists")
    await create(bob)
    assert await listed(ann) == await listed(bob) == ["Olena"]


async def test_of_many_equal_contacts_at_once_one_is_stored(ann: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*[ann.post("/contacts", json=contact()) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert await listed(ann) == ["Olena"]


async def test_a_page_has_bounds_and_counts_everything(ann: httpx.AsyncClient) -> None:
    for number in range(5):
        await create(ann, first_name=f"{number}", email=f"{number}@example.com")
    answer = await ann.get("/contacts", params={"limit": 2, "offset": 2})
    page = answer.json()
    assert [item["first_name"] for item in page.pop("items")] == ["2", "3"]
    assert page == {"total": 5, "limit": 2, "offset": 2}
    assert await listed(ann, offset=5) == []


async def test_a_page_has_20_contacts_unless_told_otherwise(ann: httpx.AsyncClient) -> None:
    for number in range(21):
        await create(ann, email=f"{number}@example.com")
    page = (await ann.get("/contacts")).json()
    assert (len(page["items"]), page["total"], page["limit"], page["offset"]) == (20, 21, 20, 0)


async def test_an_empty_book_is_an_empty_page(ann: httpx.AsyncClient) -> None:
    assert (await ann.get("/contacts")).json() == {"items": [], "total": 0, "limit": 20, "offset": 0}


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", "0"), ("limit", "-1"), ("limit", "101"), ("limit", "ten"), ("offset", "-1"), ("offset", str(10**20))],
)
async def test_a_page_out_of_bounds_is_refused(ann: httpx.AsyncClient, name: str, value: str) -> None:
    assert problem_fields(await ann.get("/contacts", params={name: value})) == [f"query.{name}"]


async def test_the_bounds_themselves_are_allowed(ann: httpx.AsyncClient) -> None:
    for params in ({"limit": 1}, {"limit": 100}, {"offset": 0}, {"offset": 2**63 - 1}):
        assert (await ann.get("/contacts", params=params)).status_code == 200


async def test_the_order_is_last_name_first_name_id(ann: httpx.AsyncClient) -> None:
    names = [("B", "B"), ("A", "B"), ("B", "A"), ("A", "A"), ("A", "B")]
    ids = [
        (await create(ann, first_name=first, last_name=last, email=f"{number}@example.com"))["id"]
        for number, (first, last) in enumerate(names)
    ]
    await ann.patch(f"/contacts/{ids[1]}", json={"phone": "112"})  # moves the row in PostgreSQL's storage
    expected = [ids[3], ids[2], ids[1], ids[4], ids[0]]
    pages = [(await ann.get("/contacts", params={"limit": 2, "offset": offset})).json() for offset in (0, 2, 4)]
    assert [item["id"] for page in pages for item in page["items"]] == expected


@pytest.mark.parametrize("q", ["олена", "ОЛЕНА", "лен", "КОВАЛЕНКО", "O.Koval@", "EXAMPLE.com", ""])
async def test_search_finds_part_of_a_name_or_address_in_any_case(ann: httpx.AsyncClient, q: str) -> None:
    await create(ann, first_name="Олена", last_name="Коваленко", email="o.koval@example.com")
    assert await listed(ann, q=q) == ["Олена"]


@pytest.mark.parametrize("q", ["Оленка", "Lviv", "380", "Олена Коваленко", "' OR '1'='1", "x" * 500])
async def test_search_finds_nothing_else(ann: httpx.AsyncClient, q: str) -> None:
    await create(ann, first_name="Олена", last_name="Коваленко")
    assert await listed(ann, q=q) == []


@pytest.mark.parametrize(("q", "found"), [("%", "100%"), ("_", "a_b"), ("\\", "c\\d"), ("/", "e/f"), ("0%", "100%")])
async def test_signs_of_a_pattern_mean_themselves(ann: httpx.AsyncClient, q: str, found: str) -> None:
    for number, name in enumerate(["100%", "a_b", "c\\d", "e/f", "plain"]):
        await create(ann, first_name=name, email=f"{number}@example.com")
    assert await listed(ann, q=q) == [found]


async def test_the_total_of_a_search_counts_its_matches(ann: httpx.AsyncClient) -> None:
    for name in ("Anna", "Hanna", "Boris"):
        await create(ann, first_name=name, email=f"{name}@example.org")
    page = (await ann.get("/contacts", params={"q": "ANN", "limit": 1})).json()
    assert (len(page["items"]), page["total"]) == (1, 2)


async def test_a_search_that_no_database_could_run_is_refused(ann: httpx.AsyncClient) -> None:
    for q in ("a\0b", "x" * 501):
        assert problem_fields(await ann.get("/contacts", params={"q": q})) == ["query.q"]


async def test_a_change_touches_only_what_was_sent(ann: httpx.AsyncClient) -> None:
    before = await create(ann)
    answer = await ann.patch(f"/contacts/{before['id']}", json={"first_name": "Olha"})
    assert answer.status_code == 200
    after = answer.json()
    assert {name for name in after if after[name] != before[name]} == {"first_name", "updated_at"}
    assert (await ann.get(f"/contacts/{before['id']}")).json() == after


async def test_null_clears_what_may_be_empty(ann: httpx.AsyncClient) -> None:
    created = await create(ann)
    after = (await ann.patch(f"/contacts/{created['id']}", json={"birthday": None, "notes": None})).json()
    assert (after["birthday"], after["notes"]) == (None, None)


@pytest.mark.parametrize("field", ["first_name", "last_name", "email", "phone"])
async def test_null_is_refused_where_something_is_required(ann: httpx.AsyncClient, field: str) -> None:
    created = await create(ann)
    path = f"/contacts/{created['id']}"
    assert problem_fields(await ann.patch(path, json={"notes": "new", field: None})) == [f"body.{field}"]
    assert (await ann.get(path)).json() == created


async def test_an_empty_change_changes_nothing(ann: httpx.AsyncClient) -> None:
    created = await create(ann)
    answer = await ann.patch(f"/contacts/{created['id']}", json={})
    assert (answer.status_code, answer.json()) == (200, created)


async def test_a_change_to_a_taken_address_is_refused_as_a_whole(ann: httpx.AsyncClient) -> None:
    await create(ann, email="taken@example.com")
    created = await create(ann)
    path = f"/contacts/{created['id']}"
    answer = await ann.patch(path, json={"email": "Taken@example.com", "notes": "new"})
    assert (answer.status_code, answer.json()["code"]) == (409, "contact_exists")
    assert (await ann.get(path)).json() == created
    assert (await ann.patch(path, json={"email": created["email"]})).status_code == 200


async def test_a_deleted_contact_is_gone_also_the_second_time(ann: httpx.AsyncClient) -> None:
    path = f"/contacts/{(await create(ann))['id']}"
    first, second = await ann.delete(path), await ann.delete(path)
    assert (first.status_code, first.content) == (204, b"")
    assert second.status_code == (await ann.get(path)).status_code == 404
    assert (await ann.post("/contacts", json=contact())).status_code == 201


async def test_who_deletes_one_contact_keeps_the_others(ann: httpx.AsyncClient) -> None:
    created, other = await create(ann), await create(ann, email="other@example.com")
    assert (await ann.delete(f"/contacts/{created['id']}")).status_code == 204
    assert (await ann.get("/contacts")).json()["items"] == [other]


async def test_of_many_deletions_at_once_one_succeeds(ann: httpx.AsyncClient) -> None:
    path = f"/contacts/{(await create(ann))['id']}"
    answers = await asyncio.gather(*[ann.delete(path) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404, 404, 404]


@pytest.mark.parametrize("method", ["DELETE", "GET", "PATCH"])
async def test_a_foreign_contact_is_answered_like_a_missing_one(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, method: str
) -> None:
    created = await create(ann)
    body = {"first_name": "Eve"} if method == "PATCH" else None
    foreign = await bob.request(method, f"/contacts/{created['id']}", json=body)
    missing = await bob.request(method, "/contacts/999999", json=body)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert foreign.json()["code"] == "contact_not_found"
    assert (await ann.get(f"/contacts/{created['id']}")).json() == created


async def test_lists_and_searches_stay_among_ones_own(ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    await create(ann)
    for params in ({}, {"q": "olena"}, {"q": ""}):
        assert (await bob.get("/contacts", params=params)).json()["total"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/contacts"),
        ("GET", "/contacts"),
        ("GET", "/contacts/1"),
        ("PATCH", "/contacts/1"),
        ("DELETE", "/contacts/1"),
    ],
)
async def test_strangers_see_nothing(client: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await client.request(method, path)).status_code == 401


@pytest.mark.parametrize(
    ("contact_id", "status"),
    [("0", 404), ("-1", 404), (str(2**63 - 1), 404), (str(2**63), 422), ("9" * 5000, 422), ("abc", 422), ("1.5", 422)],
)
async def test_ids_that_cannot_be_are_no_failure_of_ours(ann: httpx.AsyncClient, contact_id: str, status: int) -> None:
    for method in ("GET", "DELETE"):
        assert (await ann.request(method, f"/contacts/{contact_id}")).status_code == status


async def test_the_number_of_contacts_has_a_limit(ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "MOST_CONTACTS", 2)
    first = await create(ann, email="first@example.com")
    await create(ann, email="second@example.com")
    refused = await ann.post("/contacts", json=contact(email="third@example.com"))
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_contacts")
    await ann.delete(f"/contacts/{first['id']}")
    await create(ann, email="third@example.com")
