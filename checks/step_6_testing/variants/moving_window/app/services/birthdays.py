"""Birthdays that come next, found by the database through an index."""

from calendar import isleap
from datetime import date, timedelta

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.cache import Cache
from app.core.security import Claims
from app.models import Contact, User
from app.schemas.contact import ContactRead, UpcomingBirthday
from app.services import users

DEFAULT_DAYS = 7
MOST_DAYS = 31
TIME_TO_LIVE = 3600
"""Seconds that an answer is kept, if the contacts do not change before."""
LEAP_DAY = 229
"""The key of 29 February, see `Contact.birthday_key`."""

UpcomingBirthdays = TypeAdapter(list[UpcomingBirthday])


async def read_cached(cache: Cache, sessions: async_sessionmaker[AsyncSession], claims: Claims, days: int) -> bytes:
    """The upcoming birthdays of an access token's user, as JSON. Raises Unauthorized and Forbidden.

    The answer for the default number of days comes from the cache. Each query has a separate session, so that no
    database connection is held while the request waits for Redis or for another request's load.
    """
    async with sessions() as session:
        user = await users.find_by_claims(session, claims)
    users.demand_verified(user)
    today = clock.today()  # once: the key and the query must use the same day, also at midnight

    async def load() -> bytes:
        async with sessions() as session:
            return UpcomingBirthdays.dump_json(await read_upcoming(session, user, today, days))

    if days != DEFAULT_DAYS:
        return await load()
    return await cache.get_or_set_cache(cache_key(user.id, today), TIME_TO_LIVE, load)


async def invalidate(cache: Cache, user_id: int) -> None:
    """Delete the cached answer of a user. Call it after the commit of each change of the user's contacts."""
    await cache.invalidate(cache_key(user_id, clock.today()))


def cache_key(user_id: int, today: date) -> str:
    """The key of a user's answer. It names the day, so an answer is never served on the next day."""
    return ":".join(("birthdays", str(user_id), today.isoformat()))


async def read_upcoming(session: AsyncSession, owner: User, today: date, days: int) -> list[UpcomingBirthday]:
    """The contacts of `owner` with a birthday from `today` until `days` days later, the next one first."""
    dates = next_birthdays(today, days)
    fields = list(ContactRead.model_fields)
    of_owner = Contact.owner_id == owner.id
    rows = await session.execute(
        select(Contact.birthday_key, *(getattr(Contact, field) for field in fields)).where(
            of_owner, Contact.birthday_key.in_(dates)
        )
    )
    found = []
    for key, *values in rows:
        next_birthday = dates[key]
        contact = dict(zip(fields, values, strict=True))
        found.append(UpcomingBirthday(**contact, next_birthday=next_birthday, days_until=(next_birthday - today).days))
    return sorted(found, key=lambda each: (each.days_until, each.last_name, each.first_name, each.id))


def next_birthdays(today: date, days: int) -> dict[int, date]:
    """The keys of all birthdays from `today` until `days` days later, and the day on which each is kept.

    With these few numbers the database needs to know nothing of New Year and leap years: it looks them up.
    """
    dates = {}
    day, last_day = today, today + timedelta(days)
    while day <= last_day:
        dates[day.month * 100 + day.day] = day
        if day.month == 2 and day.day == 28 and not isleap(day.year):
            dates[LEAP_DAY] = day
        day += timedelta(1)
    return dates
