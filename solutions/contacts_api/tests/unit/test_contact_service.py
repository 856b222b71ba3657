"""The rules of the contact book, straight on the database."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, NotFound
from app.models import Contact, User
from app.schemas.contact import ContactCreate, ContactUpdate
from app.schemas.page import PageParams
from app.services import contacts
from tests import examples

MORNING = datetime(2027, 3, 1, 8, tzinfo=UTC)
ALL = PageParams(limit=100)


async def user(session: AsyncSession, email: str = "ann@example.com") -> User:
    user = User(email=email, password_hash="x")
    session.add(user)
    await session.commit()
    return user


def new(**changes: object) -> ContactCreate:
    return ContactCreate(**examples.contact(**changes))


async def test_a_contact_gets_an_id_and_two_timestamps_that_know_their_time_zone(session: AsyncSession) -> None:
    with time_machine.travel(MORNING, tick=False):
        contact = await contacts.create(session, await user(session), new())
    session.expunge_all()
    stored = await session.get_one(Contact, contact.id)
    assert (stored.created_at, stored.updated_at) == (MORNING, MORNING)
    assert stored.created_at.utcoffset() == timedelta(0)


async def test_a_change_moves_only_the_second_timestamp(session: AsyncSession) -> None:
    owner = await user(session)
    with time_machine.travel(MORNING, tick=False):
        contact = await contacts.create(session, owner, new())
    with time_machine.travel(MORNING + timedelta(hours=1), tick=False):
        changed = await contacts.update(session, owner, contact.id, ContactUpdate(phone="112"))
    assert changed.created_at == MORNING
    assert changed.updated_at == MORNING + timedelta(hours=1)


async def test_a_change_of_nothing_moves_no_timestamp(session: AsyncSession) -> None:
    owner = await user(session)
    with time_machine.travel(MORNING, tick=False):
        contact = await contacts.create(session, owner, new())
    with time_machine.travel(MORNING + timedelta(hours=1), tick=False):
        assert (await contacts.update(session, owner, contact.id, ContactUpdate())).updated_at == MORNING


async def test_a_session_goes_on_after_a_conflict(session: AsyncSession) -> None:
    owner = await user(session)
    owner_id = owner.id
    await contacts.create(session, owner, new())
    with pytest.raises(Conflict):
        await contacts.create(session, owner, new())
    owner = await session.get_one(User, owner_id)
    assert (await contacts.read_page(session, owner, ALL)).total == 1


async def test_only_the_one_constraint_means_that_the_contact_exists(session: AsyncSession) -> None:
    """A missing owner violates another constraint. To call that "exists" would hide a fault of ours."""
    nobody = User(id=4711, email="nobody@example.com", password_hash="x")
    with pytest.raises(IntegrityError):
        await contacts.create(session, nobody, new())


async def test_contacts_go_with_their_owner(session: AsyncSession) -> None:
    owner = await user(session)
    await contacts.create(session, owner, new())
    await session.execute(delete(User).where(User.id == owner.id))
    await session.commit()
    assert await session.scalar(select(func.count()).select_from(Contact)) == 0


async def test_an_id_is_never_given_twice(session: AsyncSession) -> None:
    owner = await user(session)
    first = (await contacts.create(session, owner, new())).id
    await contacts.delete(session, owner, first)
    assert (await contacts.create(session, owner, new())).id != first
    with pytest.raises(NotFound):
        await contacts.get(session, owner, first)


async def test_a_page_is_read_in_two_queries(session: AsyncSession) -> None:
    """However many contacts there are: one query for each of them would be slow in a way that no small test shows."""
    owner = await user(session)
    for number in range(3):
        await contacts.create(session, owner, new(email=f"{number}@example.com"))
    session.expunge_all()
    statements: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    page = await contacts.read_page(session, owner, ALL, q="example")
    assert len(page.items) == 3
    assert len(statements) == 2
