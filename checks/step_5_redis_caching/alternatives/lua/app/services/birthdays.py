"""Birthdays of the next days, with one query for each day."""

from calendar import isleap
from datetime import date, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Date, Integer, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.cache import Cache
from app.core.security import Claims
from app.models import Contact
from app.schemas.contact import UpcomingBirthday
from app.services import users

DEFAULT_DAYS = 7
MOST_DAYS = 31
Birthdays = TypeAdapter(list[UpcomingBirthday])
FIELDS = [name for name in UpcomingBirthday.model_fields if name not in ("next_birthday", "days_until")]


async def read_cached(cache: Cache, sessions: async_sessionmaker[AsyncSession], claims: Claims, days: int) -> bytes:
    """What the endpoint answers."""
    async with sessions() as session:
        user = await users.find_by_claims(session, claims)
        users.demand_verified(user)
    today = clock.today()

    async def load() -> bytes:
        async with sessions() as session:
            return Birthdays.dump_json(await _read(session, user.id, today, days))

    if days == DEFAULT_DAYS:
        key = f"birthdays:{user.id}:{today}"
        return await cache.get_or_set_cache(str(user.id), key, 3600, load)
    return await load()


async def invalidate(cache: Cache, user_id: int) -> None:
    """Forgets what is kept for a user, of whatever day."""
    await cache.invalidate(str(user_id))


async def _read(session: AsyncSession, owner_id: int, today: date, days: int) -> list[UpcomingBirthday]:
    columns = [getattr(Contact, name) for name in FIELDS]
    parts = [
        select(
            *columns,
            literal(day, Date).label("next_birthday"),
            literal((day - today).days, Integer).label("days_until"),
        ).where(Contact.owner_id == owner_id, Contact.birthday_key == key)
        for day in (today + timedelta(number) for number in range(days + 1))
        for key in _keys(day)
    ]
    found = union_all(*parts).subquery()
    order = (found.c.days_until, found.c.last_name, found.c.first_name, found.c.id)
    rows = (await session.execute(select(found).order_by(*order))).mappings()
    return [UpcomingBirthday(**row) for row in rows]


def _keys(day: date) -> list[int]:
    key = day.month * 100 + day.day
    return [key, key + 1] if key == 228 and not isleap(day.year) else [key]
