"""Birthdays on a day that the test chooses: `clock.today` is replaced, and everything else is real."""

from datetime import date

import httpx
import pytest

from app.core import clock
from tests.examples import born, create, upcoming


class Today:
    date = date(2026, 12, 29)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> Today:
    today = Today()
    monkeypatch.setattr(clock, "today", lambda: today.date)
    return today


async def test_window(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    await born(client, headers, "1980-12-28", "1980-12-29", "1980-01-05", "1980-01-06")
    found = [(each["next_birthday"], each["days_until"]) for each in await upcoming(client, headers)]
    assert found == [("2026-12-29", 0), ("2027-01-05", 7)]


@pytest.mark.parametrize("days", [7, 3])
async def test_two_users(
    client: httpx.AsyncClient, headers: dict[str, str], other_headers: dict[str, str], days: int
) -> None:
    await born(client, headers, "1980-12-30")
    await born(client, other_headers, "1980-12-31")
    mine, theirs = [await upcoming(client, each, days=days) for each in (headers, other_headers)]
    assert [each["birthday"] for each in mine] == ["1980-12-30"]
    assert [each["birthday"] for each in theirs] == ["1980-12-31"]


async def test_changes(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert await upcoming(client, headers) == []
    contact = await create(client, headers, birthday="1980-12-30")
    assert len(await upcoming(client, headers)) == 1
    await client.patch(f"/contacts/{contact['id']}", json={"birthday": None}, headers=headers)
    assert await upcoming(client, headers) == []


async def test_midnight(client: httpx.AsyncClient, headers: dict[str, str], today: Today) -> None:
    await born(client, headers, "1980-12-29")
    assert len(await upcoming(client, headers)) == 1
    today.date = date(2026, 12, 30)
    assert await upcoming(client, headers) == []
