"""The only part that knows how contacts are stored."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError

from app.api.deps import CurrentUser, SessionDep
from app.contacts.model import SEPARATOR, Contact


class DuplicateError(Exception):
    """The owner has this address already."""


class ContactRepository:
    """The contacts of one owner. Those of others do not exist here."""

    def __init__(self, session: SessionDep, owner: CurrentUser) -> None:
        self._session = session
        self._owner_id = owner.id

    async def add(self, contact: Contact) -> None:
        contact.owner_id = self._owner_id
        self._session.add(contact)
        await self.save()

    async def by_id(self, contact_id: int) -> Contact | None:
        """The contact, or None."""
        if not 0 < contact_id < 2**63:
            return None
        return await self._session.scalar(select(Contact).where(self._owned, Contact.id == contact_id))

    async def matching(self, text: str, *, limit: int, offset: int) -> tuple[Sequence[Contact], int]:
        """A part of those that hold `text`, and the number of all of them."""
        conditions = [self._owned]
        if SEPARATOR in text:
            return (), 0
        if text:
            conditions.append(Contact.search_text.contains(text.casefold(), autoescape=True))
        total = await self._session.scalar(select(func.count(Contact.id)).where(*conditions)) or 0
        if offset >= total:
            return (), total
        in_order = select(Contact).where(*conditions).order_by(Contact.last_name, Contact.first_name, Contact.id)
        return (await self._session.scalars(in_order.offset(offset).limit(limit))).all(), total

    async def remove(self, contact: Contact) -> None:
        await self._session.delete(contact)
        await self._session.commit()

    async def save(self) -> None:
        """Writes what was changed. Raises DuplicateError."""
        try:
            await self._session.commit()
        except IntegrityError as error:
            await self._session.rollback()
            raise DuplicateError from error

    @property
    def _owned(self) -> ColumnElement[bool]:
        return Contact.owner_id == self._owner_id


Contacts = Annotated[ContactRepository, Depends()]
