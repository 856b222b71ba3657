"""Birthdays of the next days: contacts joined with a calendar of these days."""

from calendar import isleap
from datetime import date, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Date, Integer, String, column, func, select, values
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.cache import Cache
from app.core.security import Claims
from app.models import Contact, User
from app.schemas.contact import ContactRead, UpcomingBirthday
from app.services import users

DEFAULT_DAYS = 7
MOST_DAYS = 31
LEAP_DAY = "02-29"

AsJson = TypeAdapter(list[UpcomingBirthday])


async def read_cached(cache: Cache, sessions: async_sessionmaker[AsyncSession], claims: Claims, days: int) -> bytes:
    """The list for the user of an access token, as JSON."""
    today = clock.today()
    async with sessions() as session:
        user = await users.find_by_claims(session, claims)
    users.demand_verified(user)

    async def load() -> bytes:
        async with sessions() as session:
            return AsJson.dump_json(await _read(session, user, today, days))

    return await (load() if days != DEFAULT_DAYS else cache.get_or_set_cache(_key(user.id, today), 3600, load))


async def invalidate(cache: Cache, user_id: int) -> None:
    """To be called when the user's contacts have changed."""
    await cache.invalidate(_key(user_id, clock.today()))


def _key(user_id: int, today: date) -> str:
    return f"birthdays:{user_id}:{today.isoformat()}"


async def _read(session: AsyncSession, owner: User, today: date, days: int) -> list[UpcomingBirthday]:
    names = [column("celebrated_on", String), column("day", Date), column("days_until", Integer)]
    calendar = values(*names, name="calendar").data(_calendar(today, days)).cte()
    place = func.row_number().over(order_by=(calendar.c.days_until, Contact.last_name, Contact.first_name, Contact.id))
    rows = await session.execute(
        select(Contact, calendar.c.day, calendar.c.days_until, place.label("place"))
        .join(Contact, (Contact.celebrated_on == calendar.c.celebrated_on) & (Contact.owner_id == owner.id))
        .order_by("place")
    )
    return [
        UpcomingBirthday(**ContactRead.model_validate(contact).model_dump(), next_birthday=day, days_until=until)
        for contact, day, until, _ in rows
    ]


def _calendar(today: date, days: int) -> list[tuple[str, date, int]]:
    found = []
    for number in range(days + 1):
        day = today + timedelta(number)
        found.append((f"{day:%m-%d}", day, number))
        if found[-1][0] == "02-28" and not isleap(day.year):
            found.append((LEAP_DAY, day, number))
    return found
