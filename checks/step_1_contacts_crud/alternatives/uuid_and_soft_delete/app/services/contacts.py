"""One statement for each thing that can be done with contacts."""

from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, NotFound
from app.models.contacts import contacts, kept
from app.schemas.contact import ContactBody, ContactCard, merged

SHOWN = [column for column in contacts.c if column.name not in ("owner_id", "deleted_at")]


class Shelf:
    """One owner's contacts."""

    def __init__(self, session: AsyncSession, owner_id: int) -> None:
        self.session = session
        self.mine = and_(contacts.c.owner_id == owner_id, kept)
        self.owner_id = owner_id

    async def put(self, body: ContactBody) -> ContactCard:
        moment = clock.now()
        row = {**asdict(body), "id": uuid4(), "owner_id": self.owner_id, "created_at": moment, "updated_at": moment}
        return await self._one(insert(contacts).values(row))

    async def take(self, key: str) -> ContactCard:
        row = (await self.session.execute(select(*SHOWN).where(self.mine, contacts.c.id == _uuid(key)))).one_or_none()
        if row is None:
            raise _missing()
        return ContactCard(**row._mapping)

    async def page(self, q: str, limit: int, offset: int) -> tuple[list[ContactCard], int]:
        """Some rows, and how many there are."""
        wanted = and_(self.mine, self._contains(q)) if q else self.mine
        total = (await self.session.execute(select(func.count()).where(wanted))).scalar_one()
        c = contacts.c
        rows = select(*SHOWN).where(wanted).order_by(c.last_name.asc(), c.first_name.asc(), c.id.asc())
        found = await self.session.execute(rows.limit(limit).offset(offset))
        return [ContactCard(**row) for row in found.mappings()], total

    async def merge(self, key: str, patch: dict[str, Any]) -> ContactCard:
        card = await self.take(key)
        values = merged(card, patch)
        if not values:
            return card
        statement = update(contacts).where(self.mine, contacts.c.id == _uuid(key))
        return await self._one(statement.values(**values, updated_at=clock.now()))

    async def discard(self, key: str) -> None:
        statement = update(contacts).where(self.mine, contacts.c.id == _uuid(key))
        await self._one(statement.values(deleted_at=clock.now()))

    async def _one(self, statement: Any) -> ContactCard:
        """The one row that the statement wrote."""
        try:
            row = (await self.session.execute(statement.returning(*SHOWN))).one_or_none()
            await self.session.commit()
        except IntegrityError:
            await self.session.rollback()
            raise Conflict("contact_exists", "One of your contacts has this address.") from None
        if row is None:
            raise _missing()
        return ContactCard(**row._mapping)

    @staticmethod
    def _contains(q: str) -> ColumnElement[bool]:
        """A text contains `q` if taking `q` out of it changes it. There is no pattern, and so nothing to escape."""
        texts = (func.lower(contacts.c[name]) for name in ("first_name", "last_name", "email"))
        return or_(*(func.replace(text, func.lower(q), "") != text for text in texts))


def _uuid(key: str) -> UUID:
    try:
        return UUID(key)
    except ValueError:
        raise _missing() from None


def _missing() -> NotFound:
    return NotFound("contact_missing", "There is no contact here.")
