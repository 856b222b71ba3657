"""Dependencies: the answer with the birthdays, and what makes it out of date."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from app.api.deps import CacheDep, SessionDep, VerifiedUser
from app.core import clock
from app.schemas.contact import UpcomingBirthday
from app.services import birthdays

Days = Annotated[int, Query(ge=1, le=birthdays.MOST_DAYS)]


def key_of(user_id: int, day: date) -> str:
    """The key of one user and one day."""
    return ":".join(("birthdays", str(user_id), day.isoformat()))


async def upcoming_birthdays(
    user: VerifiedUser, cache: CacheDep, session: SessionDep, days: Days = birthdays.DEFAULT_DAYS
) -> list[UpcomingBirthday]:
    """The list that the endpoint answers, for a week from the cache."""
    today = clock.today()

    async def load() -> list[UpcomingBirthday]:
        return await birthdays.read_upcoming(session, user, today, days)

    if days != birthdays.DEFAULT_DAYS:
        return await load()
    return await cache.get_or_set_cache(key_of(user.id, today), 3600, load)


async def invalidate_birthdays(user: VerifiedUser, cache: CacheDep) -> AsyncIterator[None]:
    """Deletes the user's answer after the route has returned without an error, which is after its commit."""
    yield
    await cache.delete(key_of(user.id, clock.today()))


UpcomingBirthdays = Annotated[list[UpcomingBirthday], Depends(upcoming_birthdays)]
INVALIDATES = Depends(invalidate_birthdays, scope="function")
