"""Birthdays out of the cache: as fresh as out of the database, and nobody else's."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import time_machine
from fastapi import FastAPI
from redis import Redis
from sqlalchemy import delete, event, update
from sqlalchemy.orm import Session

from app.models import Contact, User
from tests import examples
from tests.examples import ANN, SignIn, contact, create

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
PATH = "/contacts/birthdays"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON):
        yield


@pytest.fixture
def redis_url(each_redis: str) -> str:
    """Here it is Redis that counts, so the tests run on each kind."""
    return each_redis


async def read(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def my_id(client: httpx.AsyncClient) -> int:
    return int((await client.get("/users/me")).json()["id"])


async def test_the_second_answer_is_the_first_though_the_database_has_changed(
    ann: httpx.AsyncClient, application: FastAPI
) -> None:
    await create(ann, birthday="1990-03-02")
    first = await ann.get(PATH)
    async with application.state.sessions.begin() as session:
        await session.execute(delete(Contact))
    second = await ann.get(PATH)
    assert second.status_code == 200
    assert second.content == first.content
    assert second.headers["Content-Type"] == first.headers["Content-Type"] == "application/json"


async def test_an_empty_answer_is_kept_too(ann: httpx.AsyncClient, application: FastAPI) -> None:
    await create(ann, birthday="1990-03-31")
    assert await read(ann) == []
    async with application.state.sessions.begin() as session:
        await session.execute(update(Contact).values(birthday=NOON.date()))
    assert await read(ann) == []


async def test_only_the_default_number_of_days_is_cached(ann: httpx.AsyncClient, redis: Redis) -> None:
    await create(ann, birthday="1990-03-02")
    found = [await read(ann), await read(ann, days=7), await read(ann, days=14)]
    key = f"birthdays:{await my_id(ann)}:2027-03-01"
    assert redis.keys("*") == [key]
    assert found[0] == found[1] == found[2] == json.loads(str(redis.get(key)))
    assert 3600 - 60 < redis.ttl(key) <= 3600


async def test_what_is_kept_is_the_answer(ann: httpx.AsyncClient, redis: Redis) -> None:
    redis.set(f"birthdays:{await my_id(ann)}:2027-03-01", '[{"planted": true}]')
    assert await read(ann) == [{"planted": True}]


async def test_every_change_of_a_contact_is_seen_at_once(ann: httpx.AsyncClient) -> None:
    days = (7, 1, 31)

    async def names() -> set[tuple[str, ...]]:
        return {tuple(each["first_name"] for each in await read(ann, days=number)) for number in days}

    assert await names() == {()}
    path = f"/contacts/{(await create(ann, first_name='Olena', birthday='1990-03-02'))['id']}"
    assert await names() == {("Olena",)}
    await ann.patch(path, json={"first_name": "Lena"})
    assert await names() == {("Lena",)}
    await ann.patch(path, json={"birthday": None})
    assert await names() == {()}
    await ann.patch(path, json={"birthday": "1990-03-01"})
    assert await names() == {("Lena",)}
    await ann.delete(path)
    assert await names() == {()}


async def test_one_user_never_sees_what_is_kept_for_another(ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    await create(bob, birthday="1990-03-02")
    for _ in range(2):
        assert len(await read(bob)) == 1
        assert await read(ann) == []


async def test_the_change_of_one_user_costs_no_other_their_entry(
    ann: httpx.AsyncClient, bob: httpx.AsyncClient, redis: Redis
) -> None:
    await read(bob)
    await create(ann)
    assert redis.exists(f"birthdays:{await my_id(bob)}:2027-03-01")


async def test_a_new_day_has_a_new_answer(clients: SignIn) -> None:
    with time_machine.travel(NOON.replace(hour=23, minute=59)):
        ann = await clients.user(ANN)
        await create(ann, birthday="1990-03-01")
        assert [each["days_until"] for each in await read(ann)] == [0]
    with time_machine.travel(NOON.replace(day=2, hour=0, minute=1)):
        assert await read(ann) == []


async def test_the_key_and_the_query_speak_of_one_day(ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Midnight comes between any two questions for the date."""
    await create(ann, birthday="1990-03-01")
    days = iter([NOON.date(), NOON.date() + timedelta(1)])
    monkeypatch.setattr("app.core.clock.today", lambda: next(days))
    assert [each["days_until"] for each in await read(ann)] == [0]


async def test_a_change_that_was_not_committed_is_not_seen(ann: httpx.AsyncClient) -> None:
    await create(ann, birthday="1990-03-02")
    before = await read(ann)
    assert (await ann.post("/contacts", json=contact(birthday="1990-03-03"))).status_code == 409
    assert await read(ann) == before


async def test_the_entry_goes_after_the_commit_and_not_before(ann: httpx.AsyncClient, redis: Redis) -> None:
    """Whoever reads between the two would put the old answer back."""
    await read(ann)
    key = f"birthdays:{await my_id(ann)}:2027-03-01"
    at_commit: list[bool] = []
    note = lambda _session: at_commit.append(bool(redis.exists(key)))  # noqa: E731
    event.listen(Session, "after_commit", note)
    try:
        await create(ann, birthday="1990-03-02")
    finally:
        event.remove(Session, "after_commit", note)
    assert at_commit[-1]
    assert not redis.exists(key)


async def test_many_at_once_ask_the_database_once(ann: httpx.AsyncClient, application: FastAPI) -> None:
    asked: list[str] = []
    engine = application.state.sessions.kw["bind"].sync_engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    answers = await asyncio.gather(*[ann.get(PATH) for _ in range(20)])
    assert {answer.status_code for answer in answers} == {200}
    assert len([statement for statement in asked if "birthday_key" in statement]) == 1


async def test_a_token_opens_no_entry_when_its_time_is_over(ann: httpx.AsyncClient) -> None:
    await read(ann)
    with time_machine.travel(NOON + timedelta(minutes=31)):
        assert (await ann.get(PATH)).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "refresh"])
async def test_without_a_good_token_no_entry_opens(ann: httpx.AsyncClient, token: str) -> None:
    await read(ann)
    if token == "refresh":
        token = (await examples.log_in(ann, ANN))["refresh_token"]
    assert (await ann.get(PATH, headers={"Authorization": f"Bearer {token}"})).status_code == 401


async def test_a_user_who_is_gone_gets_no_answer(ann: httpx.AsyncClient, application: FastAPI) -> None:
    async with application.state.sessions.begin() as session:
        await session.execute(delete(Contact))
        await session.execute(delete(User))
    assert (await ann.get(PATH)).status_code == 401


@pytest.mark.parametrize("cached", [False, True])
async def test_an_unverified_user_gets_no_answer(ann: httpx.AsyncClient, application: FastAPI, cached: bool) -> None:
    if cached:
        await read(ann)
    async with application.state.sessions.begin() as session:
        await session.execute(update(User).values(is_verified=False))
    answer = await ann.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")
