"""What one user stores is neither shown to another one nor changed by them."""

from datetime import date

import httpx
import pytest

from app.core import clock
from tests.examples import born, contact, create, upcoming


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_another_user_s_contact_looks_like_a_missing_one(
    client: httpx.AsyncClient, headers: dict[str, str], other_headers: dict[str, str], method: str
) -> None:
    of_bob = await create(client, other_headers)
    deleted = await create(client, headers)
    await client.delete(f"/contacts/{deleted['id']}", headers=headers)
    body = {"phone": "12345"} if method == "PATCH" else None
    foreign, missing = [
        await client.request(method, f"/contacts/{each['id']}", json=body, headers=headers)
        for each in (of_bob, deleted)
    ]
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() == missing.json()
    assert (await client.get(f"/contacts/{of_bob['id']}", headers=other_headers)).json() == of_bob


async def test_two_users_may_know_the_same_person(
    client: httpx.AsyncClient, headers: dict[str, str], other_headers: dict[str, str]
) -> None:
    await create(client, other_headers)
    assert (await client.post("/contacts", json=contact(), headers=headers)).status_code == 201


async def test_a_list_and_its_total_hold_the_user_s_own_contacts(
    client: httpx.AsyncClient, headers: dict[str, str], other_headers: dict[str, str]
) -> None:
    await create(client, other_headers)
    page = (await client.get("/contacts", params={"q": "olena"}, headers=headers)).json()
    assert (page["items"], page["total"]) == ([], 0)


async def test_birthdays_are_those_of_the_user_s_own_contacts(
    client: httpx.AsyncClient,
    headers: dict[str, str],
    other_headers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the answer for 7 days is cached, so the database answers both users."""
    monkeypatch.setattr(clock, "today", lambda: date(2027, 6, 10))
    await born(client, other_headers, "1990-06-11")
    assert len(await upcoming(client, other_headers, days=8)) == 1
    assert await upcoming(client, headers, days=8) == []
