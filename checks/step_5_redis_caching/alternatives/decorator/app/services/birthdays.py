"""Birthdays that come next."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.cache import Cache, cached
from app.models import Contact, User
from app.schemas.contact import ContactRead, UpcomingBirthday

DEFAULT_DAYS = 7
MOST_DAYS = 31
Sessions = async_sessionmaker[AsyncSession]


def key_of_the_week(_: Sessions, user_id: int, today: date) -> str:
    """Where the list of one user and one day is kept."""
    return f"birthdays:{user_id}:{today:%Y-%m-%d}"


def key_of_today(user: User, **_: Any) -> str:
    """The one that is out of date when this user changes a contact."""
    return f"birthdays:{user.id}:{clock.today():%Y-%m-%d}"


@cached(key_of_the_week, ttl=60 * 60)
async def next_week(cache: Cache, sessions: Sessions, user_id: int, today: date) -> list[UpcomingBirthday]:
    """The birthdays of the next seven days, from the cache if it has them."""
    return await coming(sessions, user_id, today, DEFAULT_DAYS)


async def coming(sessions: Sessions, user_id: int, today: date, days: int) -> list[UpcomingBirthday]:
    """The birthdays of so many days, out of the database."""
    found: dict[int, UpcomingBirthday] = {}
    statement = select(Contact, Contact.birthday_key).where(
        Contact.owner_id == user_id, Contact.birthday_key.in_(_keys(today, days))
    )
    async with sessions() as session:
        rows = (await session.execute(statement)).all()
    for contact, _ in rows:
        kept = _next(contact.birthday, today)
        fields = ContactRead.model_validate(contact).model_dump()
        found[contact.id] = UpcomingBirthday(**fields, next_birthday=kept, days_until=(kept - today).days)
    near = (entry for entry in found.values() if entry.days_until <= days)
    return sorted(near, key=lambda entry: (entry.days_until, entry.last_name, entry.first_name, entry.id))


def _keys(today: date, days: int) -> set[int]:
    """All days that come into question, and 29 February whenever 28 February does."""
    ahead = {today + timedelta(number) for number in range(days + 1)}
    keys = {day.month * 100 + day.day for day in ahead}
    return keys | {229} if 228 in keys else keys


def _next(born: date, today: date) -> date:
    """When a birthday is kept next."""
    for year in (today.year, today.year + 1):
        try:
            kept = born.replace(year=year)
        except ValueError:
            kept = date(year, 2, 28)
        if kept >= today:
            return kept
    raise AssertionError("A year has one of each day.")
