"""Upcoming birthdays, over HTTP and in the database."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import time_machine
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User
from app.schemas.contact import ContactCreate
from app.services import birthdays, contacts
from tests import examples
from tests.examples import create, problem_fields

LAST_DAY = datetime(2027, 12, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def last_day_of_the_year() -> Iterator[None]:
    """It is New Year's Eve."""
    with time_machine.travel(LAST_DAY):
        yield


async def upcoming(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """What `client` is told about birthdays."""
    answer = await client.get("/contacts/birthdays", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def born(client: httpx.AsyncClient, *birthdays: str | None) -> None:
    """Contacts with these birthdays, called by them."""
    for birthday in birthdays:
        await create(client, first_name=str(birthday), birthday=birthday, email=f"{birthday}@example.com")


async def any_user(session: AsyncSession) -> User:
    user = User(email="somebody@example.com", password_hash="x")
    session.add(user)
    await session.commit()
    return user


async def test_nobody_has_a_birthday(ann: httpx.AsyncClient) -> None:
    await born(ann, None, "1990-07-01")
    assert await upcoming(ann) == []


async def test_a_birthday_is_the_contact_and_how_soon_it_is(ann: httpx.AsyncClient) -> None:
    contact = await create(ann, birthday="1991-01-02")
    assert await upcoming(ann) == [contact | {"next_birthday": "2028-01-02", "days_until": 2}]


async def test_the_next_week_is_shown_with_both_its_ends(ann: httpx.AsyncClient) -> None:
    await born(ann, "1990-12-30", "1991-01-07", "1992-12-31", "1993-01-08")
    assert [contact["birthday"] for contact in await upcoming(ann)] == ["1992-12-31", "1991-01-07"]


async def test_the_client_says_how_far_to_look(ann: httpx.AsyncClient) -> None:
    await born(ann, "1990-01-01", "1990-01-02", "1990-01-31", "1990-02-01")
    assert len(await upcoming(ann, days=1)) == 1
    assert len(await upcoming(ann, days=31)) == 3


@pytest.mark.parametrize("days", ["0", "32", "-1", "", "week", "1.5", "9" * 30])
async def test_the_window_is_1_to_31_days(ann: httpx.AsyncClient, days: str) -> None:
    assert problem_fields(await ann.get("/contacts/birthdays", params={"days": days})) == ["query.days"]


async def test_the_soonest_comes_first_and_a_day_is_ordered_by_name(ann: httpx.AsyncClient) -> None:
    people = [("2000-01-01", "B", "A"), ("2000-12-31", "Z", "Z"), ("1950-01-01", "A", "B"), ("1999-01-01", "A", "A")]
    for number, (birthday, last_name, first_name) in enumerate([*people, people[0]]):
        await create(ann, birthday=birthday, last_name=last_name, first_name=first_name, email=f"{number}@example.com")
    found = await upcoming(ann)
    assert [(each["last_name"], each["first_name"]) for each in found] == [
        ("Z", "Z"), ("A", "A"), ("A", "B"), ("B", "A"), ("B", "A")
    ]  # fmt: skip
    assert found[3]["id"] < found[4]["id"]


@pytest.mark.parametrize(("today", "kept_on"), [(date(2027, 2, 27), "2027-02-28"), (date(2028, 2, 27), "2028-02-29")])
async def test_29_february_is_kept_every_year(session: AsyncSession, today: date, kept_on: str) -> None:
    user = await any_user(session)
    await contacts.create(session, user, ContactCreate(**examples.contact(birthday="2000-02-29")))
    (found,) = await birthdays.read_upcoming(session, user, today, 7)
    assert str(found.next_birthday) == kept_on


async def test_the_list_is_not_paged(ann: httpx.AsyncClient) -> None:
    for number in range(30):
        await create(ann, birthday="1990-12-31", email=f"{number}@example.com")
    assert len(await upcoming(ann)) == 30


async def test_others_birthdays_are_not_shown(ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    await born(bob, "1990-12-31")
    assert await upcoming(ann) == []


async def test_a_birthday_follows_its_contact(ann: httpx.AsyncClient) -> None:
    contact = await create(ann, birthday="1990-07-01")
    for birthday, shown in (("1990-12-31", 1), (None, 0)):
        await ann.patch(f"/contacts/{contact['id']}", json={"birthday": birthday})
        assert len(await upcoming(ann)) == shown


async def test_strangers_see_no_birthdays(client: httpx.AsyncClient) -> None:
    assert (await client.get("/contacts/birthdays")).status_code == 401


async def test_the_database_finds_them_through_the_index(session: AsyncSession) -> None:
    """However many contacts there are: with few of them a plan that reads all is as fast, so PostgreSQL must not."""
    user = await any_user(session)
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        await session.execute(text("SET enable_seqscan = off"))
    asked: list[tuple[str, Any]] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *arguments: asked.append(arguments[2:4]))
    await birthdays.read_upcoming(session, user, LAST_DAY.date(), 7)
    ((statement, values),) = asked
    connection = await session.connection()
    explain = "EXPLAIN " if dialect == "postgresql" else "EXPLAIN QUERY PLAN "
    plan = str((await connection.exec_driver_sql(explain + statement, values)).all())
    assert "ix_contacts_owner_id_birthday_key" in plan
    assert "birthday_key =" in plan.replace("birthday_key=", "birthday_key =")
