"""What may be done with contacts."""

from typing import Annotated

from fastapi import Depends

from app.contacts.model import Contact
from app.contacts.repository import Contacts, DuplicateError
from app.contacts.schemas import Changes, ContactOut, ContactPage, NewContact
from app.core.errors import Conflict, NotFound


class ContactBook:
    """A user's contact book."""

    def __init__(self, contacts: Contacts) -> None:
        self._contacts = contacts

    async def add(self, data: NewContact) -> ContactOut:
        contact = Contact(**data.model_dump())
        try:
            await self._contacts.add(contact)
        except DuplicateError:
            raise _taken() from None
        return ContactOut.model_validate(contact)

    async def look_up(self, contact_id: int) -> ContactOut:
        return ContactOut.model_validate(await self._existing(contact_id))

    async def search(self, text: str, limit: int, offset: int) -> ContactPage:
        found, total = await self._contacts.matching(text, limit=limit, offset=offset)
        items = [ContactOut.model_validate(contact) for contact in found]
        return ContactPage(items=items, total=total, limit=limit, offset=offset)

    async def correct(self, contact_id: int, changes: Changes) -> ContactOut:
        contact = await self._existing(contact_id)
        for name, value in changes.sent().items():
            setattr(contact, name, value)
        try:
            await self._contacts.save()
        except DuplicateError:
            raise _taken() from None
        return ContactOut.model_validate(contact)

    async def strike_out(self, contact_id: int) -> None:
        await self._contacts.remove(await self._existing(contact_id))

    async def _existing(self, contact_id: int) -> Contact:
        contact = await self._contacts.by_id(contact_id)
        if contact is None:
            raise NotFound("contact_not_found", "Your contact book has no such contact.")
        return contact


def _taken() -> Conflict:
    return Conflict("contact_exists", "This e-mail address is in your contact book.")


Book = Annotated[ContactBook, Depends()]
