"""Birthdays that come next, found by the database through an index."""

from calendar import isleap
from datetime import date, timedelta

from pydantic import TypeAdapter
from sqlalchemy import case, select
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
    return f"birthdays:{user_id}:{today}"


async def read_upcoming(session: AsyncSession, owner: User, today: date, days: int) -> list[UpcomingBirthday]:
    """The contacts of `owner` with a birthday from `today` until `days` days later, the next one first."""
    dates = next_birthdays(today, days)
    days_until = {key: (day - today).days for key, day in dates.items()}
    # Columns instead of objects: nothing is going to be changed, and rows are read several times as fast.
    columns = [getattr(Contact, field) for field in ContactRead.model_fields]
    rows = await session.execute(
        select(
            *columns,
            case(dates, value=Contact.birthday_key).label("next_birthday"),
            case(days_until, value=Contact.birthday_key).label("days_until"),
        )
        .where(Contact.owner_id == owner.id, Contact.birthday_key.in_(dates))
        .order_by("days_until", Contact.last_name, Contact.first_name, Contact.id)
    )
    names = list(rows.keys())
    return UpcomingBirthdays.validate_python([dict(zip(names, row, strict=True)) for row in rows])


def next_birthdays(today: date, days: int) -> dict[int, date]:
    """The keys of all birthdays from `today` until `days` days later, and the day on which each is kept.

    With these few numbers the database needs to know nothing of New Year and leap years: it looks them up.
    """
    dates = {}
    for day in (today + timedelta(number) for number in range(days + 1)):
        dates[100 * day.month + day.day] = day
        if (day.month, day.day) == (2, 28) and not isleap(day.year):
            dates[LEAP_DAY] = day
    return dates
