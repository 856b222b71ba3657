"""The contact book of a user."""

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy import delete as delete_from
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import violates
from app.core.errors import Conflict, NotFound
from app.models import Contact, User
from app.schemas.contact import ContactCreate, ContactRead, ContactUpdate
from app.schemas.page import Page, PageParams

MOST_CONTACTS = 10_000
"""Contacts of one user. Their birthdays are loaded and cached as one answer."""


async def create(session: AsyncSession, owner: User, data: ContactCreate) -> Contact:
    """A new contact of `owner`. Raises Conflict when they have one with this e-mail address, or too many."""
    count = await session.scalar(select(func.count()).where(Contact.owner_id == owner.id)) or 0
    if count >= MOST_CONTACTS:
        raise Conflict("too_many_contacts", f"You can have {MOST_CONTACTS} contacts. Delete one first.")
    contact = Contact(owner_id=owner.id, **data.model_dump())
    session.add(contact)
    await _commit(session)
    return contact


async def get(session: AsyncSession, owner: User, contact_id: int) -> Contact:
    """The contact with this id. Raises NotFound, also when it is another user's."""
    contact = await session.scalar(select(Contact).where(Contact.id == contact_id, Contact.owner_id == owner.id))
    if contact is None:
        raise NotFound("contact_not_found", "There is no such contact.")
    return contact


async def read_page(session: AsyncSession, owner: User, page: PageParams, q: str | None = None) -> Page[ContactRead]:
    """A page of the contacts of `owner`, ordered by name; of those that match `q`, if it is given."""
    wanted = [Contact.owner_id == owner.id]
    if q:
        wanted.append(_matches(q))
    contacts = await session.scalars(
        select(Contact)
        .where(*wanted)
        # The id comes last and decides between equal names: without it two pages could show the same contact.
        .order_by(Contact.last_name, Contact.first_name, Contact.id)
        .limit(page.limit)
        .offset(page.offset)
    )
    return Page(
        items=[ContactRead.model_validate(contact) for contact in contacts],
        total=await session.scalar(select(func.count()).select_from(Contact).where(*wanted)) or 0,
        limit=page.limit,
        offset=page.offset,
    )


async def update(session: AsyncSession, owner: User, contact_id: int, changes: ContactUpdate) -> Contact:
    """The contact, after changing the fields that were sent. Raises NotFound, and Conflict like `create`."""
    contact = await get(session, owner, contact_id)
    for field, value in changes.model_dump(exclude_unset=True).items():
        setattr(contact, field, value)
    await _commit(session)
    return contact


async def delete(session: AsyncSession, owner: User, contact_id: int) -> None:
    """Removes the contact for good. Raises NotFound."""
    mine = (Contact.id == contact_id) & (Contact.owner_id == owner.id)
    if not await session.scalar(delete_from(Contact).where(mine).returning(Contact.id)):
        raise NotFound("contact_not_found", "There is no such contact.")
    await session.commit()


def _matches(q: str) -> ColumnElement[bool]:
    """The condition that a name or the e-mail address contains `q`, in any case.

    `autoescape` takes the characters % and _ for themselves; in a pattern they would stand for anything.
    """
    return or_(
        Contact.first_name.icontains(q, autoescape=True),
        Contact.last_name.icontains(q, autoescape=True),
        Contact.email.icontains(q, autoescape=True),
    )


async def _commit(session: AsyncSession) -> None:
    """Commits. The database alone decides whether an address is taken: of two requests at once it lets one pass."""
    try:
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        if violates(error, Contact.one_per_owner_and_email):
            raise Conflict("contact_exists", "You have a contact with this e-mail address already.") from None
        raise
