"""Birthdays that come next, found by the database through an index."""

from datetime import date

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.cache import Cache
from app.core.security import Claims
from app.models import User
from app.schemas.contact import UpcomingBirthday
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
    # TODO 5.3: this works, and it is wrong for several reasons. Who may ask? Whose answer is under the key? Which
    # numbers of days are cached? Which day does the key name, and which the query, if midnight comes in between?
    # (No check sends a request at the moment of midnight, so the last question is not judged.)
    async with sessions() as session:
        user = await users.find_by_claims(session, claims)

    async def load() -> bytes:
        async with sessions() as session:
            return UpcomingBirthdays.dump_json(await read_upcoming(session, user, clock.today(), days))

    return await cache.get_or_set_cache("birthdays", TIME_TO_LIVE, load)


async def invalidate(cache: Cache, user_id: int) -> None:
    """Delete the cached answer of a user. Call it after the commit of each change of the user's contacts."""
    # TODO 5.4: one line. Is the key the same as the one in `read_cached`?
    raise NotImplementedError("Task 5.4: delete the answer of a user")


def cache_key(user_id: int, today: date) -> str:
    """The key of a user's answer. It names the day, so an answer is never served on the next day."""
    # TODO 5.3: the task gives an example.
    raise NotImplementedError("Task 5.3: name the key")


async def read_upcoming(session: AsyncSession, owner: User, today: date, days: int) -> list[UpcomingBirthday]:
    """The contacts of `owner` with a birthday from `today` until `days` days later, the next one first."""
    # TODO 5.2: until you write this, the list is empty.
    # - `Contact.birthday_key` has an index together with `Contact.owner_id`. Which condition can use it? With `.in_`
    #   the database looks up a few numbers.
    # - A row needs two more fields: `next_birthday` and `days_until`. Both follow from the key: compute them in Python,
    #   or with `case(…, value=Contact.birthday_key)` in SQL.
    # - By what is the list ordered? `days_until` is no column.
    return []


def next_birthdays(today: date, days: int) -> dict[int, date]:
    """The keys of all birthdays from `today` until `days` days later, and the day on which each is kept.

    With these few numbers the database needs to know nothing of New Year and leap years: it looks them up.
    """
    # TODO 5.2: go through the days from today on. The key of a day is 100 times its month plus its day.
    # - Which day has no key of its own in a common year, and on which day are these birthdays kept?
    # - How many days are there, if both ends are included?
    raise NotImplementedError("Task 5.2: list the keys of the next days")
