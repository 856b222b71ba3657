"""Deleting a contact: it is gone from every answer, and only its owner can do that."""

from typing import Any

import httpx

from app.core import clock
from tests.contract.conftest import People, Person


async def stored(person: Person) -> dict[str, Any]:
    """A contact of this user with a birthday today."""
    body = {
        "first_name": "Olena",
        "last_name": "Kovalenko",
        "email": "olena@example.com",
        "phone": "+380501234567",
        "birthday": str(clock.today().replace(year=1992)),
    }
    answer = await person.request("POST", "/contacts", json=body)
    assert answer.status_code == 201
    created: dict[str, Any] = answer.json()
    return created


async def birthdays(person: Person) -> list[int]:
    """The contacts whose birthdays come next. The answer for the default number of days is cached."""
    answer = await person.request("GET", "/contacts/birthdays")
    assert answer.status_code == 200
    return [each["id"] for each in answer.json()]


async def delete(person: Person, contact: dict[str, Any]) -> httpx.Response:
    return await person.request("DELETE", f"/contacts/{contact['id']}")


async def test_a_deleted_contact_is_gone_from_the_cached_list(people: People) -> None:
    ann = await people("ann@example.com")
    contact = await stored(ann)
    assert await birthdays(ann) == [contact["id"]]
    assert (await delete(ann, contact)).status_code == 204
    assert await birthdays(ann) == []


async def test_a_second_delete_finds_nothing(people: People) -> None:
    ann = await people("ann@example.com")
    contact = await stored(ann)
    assert [(await delete(ann, contact)).status_code for _ in range(2)] == [204, 404]


async def test_only_the_owner_deletes_a_contact(people: People) -> None:
    ann, bob = await people("ann@example.com"), await people("bob@example.com")
    contact = await stored(ann)
    assert (await delete(bob, contact)).status_code == 404
    assert (await ann.request("GET", f"/contacts/{contact['id']}")).status_code == 200
    assert await birthdays(ann) == [contact["id"]]
