"""The birthday query: a range of keys, or two around New Year."""

from calendar import isleap
from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Contact, User
from app.schemas.contact import ContactRead, UpcomingBirthday

DEFAULT_DAYS = 7
MOST_DAYS = 31


async def read_upcoming(session: AsyncSession, owner: User, today: date, days: int) -> list[UpcomingBirthday]:
    """The contacts with a birthday from today on until `days` days later, in their order."""
    last = today + timedelta(days)
    contacts = await session.scalars(select(Contact).where(Contact.owner_id == owner.id, _between(today, last)))
    entries = [_entry(contact, today) for contact in contacts]
    return sorted(entries, key=lambda entry: (entry.days_until, entry.last_name, entry.first_name, entry.id))


def _between(first: date, last: date) -> ColumnElement[bool]:
    """The condition that the birthday is kept in this period."""
    begin, end = _key(first), _key(last)
    if (last.month, last.day) == (2, 28) and not isleap(last.year):
        end = 229
    if begin <= end:
        return Contact.birthday_key.between(begin, end)
    return or_(Contact.birthday_key.between(begin, 1231), Contact.birthday_key.between(101, end))


def _key(day: date) -> int:
    return day.month * 100 + day.day


def _entry(contact: Contact, today: date) -> UpcomingBirthday:
    born = contact.birthday
    assert born is not None
    year = today.year if _key(_kept(born, today.year)) >= _key(today) else today.year + 1
    kept = _kept(born, year)
    known = ContactRead.model_validate(contact).model_dump()
    return UpcomingBirthday(**known, next_birthday=kept, days_until=(kept - today).days)


def _kept(born: date, year: int) -> date:
    is_leap_day = (born.month, born.day) == (2, 29)
    return date(year, 2, 28) if is_leap_day and not isleap(year) else born.replace(year=year)
