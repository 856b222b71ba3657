"""Upcoming birthdays over HTTP, and their cache. It is New Year's Eve."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
import time_machine
from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.deps import get_cache
from app.core.cache import Cache
from app.core.security import Purpose, create_token
from app.models import Contact, User
from tests.examples import born, create, upcoming
from tests.stand_ins import client_without_redis

NEW_YEAR_S_EVE = datetime(2027, 12, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NEW_YEAR_S_EVE) as clock:
        yield clock


async def test_a_birthday_is_the_contact_and_how_soon_it_is(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    contact = await create(client, headers, birthday="1991-01-02")
    assert await upcoming(client, headers) == [contact | {"next_birthday": "2028-01-02", "days_until": 2}]


async def test_today_and_the_last_day_are_included(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    await born(client, headers, "1990-12-30", "1990-12-31", "1990-01-07", "1990-01-08")
    assert [each["birthday"] for each in await upcoming(client, headers)] == ["1990-12-31", "1990-01-07"]


async def test_the_soonest_comes_first_and_a_day_is_ordered_by_name(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    people = [("2000-01-01", "Bondar"), ("2001-01-01", "Avramenko"), ("1950-12-31", "Yurchenko")]
    for birthday, last_name in people:
        await create(client, headers, birthday=birthday, last_name=last_name, email=f"{last_name.lower()}@example.com")
    assert [each["last_name"] for each in await upcoming(client, headers)] == ["Yurchenko", "Avramenko", "Bondar"]


async def test_the_client_says_how_far_to_look(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    await born(client, headers, "1990-01-01", "1990-01-02", "1990-01-31")
    assert [len(await upcoming(client, headers, days=days)) for days in (1, 31)] == [1, 3]


async def test_the_window_has_31_days_at_most(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.get("/contacts/birthdays", params={"days": 32}, headers=headers)).status_code == 422


async def test_a_second_answer_comes_from_the_cache(
    client: httpx.AsyncClient, headers: dict[str, str], session: AsyncSession
) -> None:
    await born(client, headers, "1990-01-01")
    first = await upcoming(client, headers)
    await session.execute(delete(Contact))  # past the application, so that nothing is invalidated
    await session.commit()
    assert len(first) == 1
    assert await upcoming(client, headers) == first
    assert await upcoming(client, headers, days=8) == []


async def test_a_cached_answer_expires(
    client: httpx.AsyncClient, headers: dict[str, str], user: User, redis: Redis
) -> None:
    await upcoming(client, headers)
    assert 0 < await redis.ttl(f"birthdays:{user.id}:2027-12-31") <= 3600


async def test_the_next_day_has_another_answer(
    client: httpx.AsyncClient, user: User, headers: dict[str, str], clock: time_machine.Traveller
) -> None:
    await born(client, headers, "1990-12-31")
    assert len(await upcoming(client, headers)) == 1
    clock.move_to(datetime(2028, 1, 1, 0, 1, tzinfo=UTC))
    tomorrow = {"Authorization": f"Bearer {create_token(user.id, Purpose.ACCESS)}"}
    assert await upcoming(client, tomorrow) == []


async def test_a_new_contact_is_shown_at_once(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert await upcoming(client, headers) == []
    await born(client, headers, "1990-01-01")
    assert len(await upcoming(client, headers)) == 1


async def test_a_changed_birthday_is_shown_at_once(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    contact = await create(client, headers, birthday="1990-07-01")
    assert await upcoming(client, headers) == []
    await client.patch(f"/contacts/{contact['id']}", json={"birthday": "1990-12-31"}, headers=headers)
    assert len(await upcoming(client, headers)) == 1


async def test_a_deleted_contact_disappears_at_once(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    contact = await create(client, headers, birthday="1990-12-31")
    assert len(await upcoming(client, headers)) == 1
    await client.delete(f"/contacts/{contact['id']}", headers=headers)
    assert await upcoming(client, headers) == []


async def test_without_redis_the_database_answers(
    application: FastAPI, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await born(client, headers, "1990-01-01")
    application.dependency_overrides[get_cache] = lambda: Cache(client_without_redis())
    assert len(await upcoming(client, headers)) == 1
