"""The contacts of a user."""

from sqlalchemy import ColumnElement, func, select
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
    count = await session.scalar(select(func.count()).select_from(Contact).where(Contact.owner_id == owner.id))
    if count == MOST_CONTACTS:
        raise Conflict("too_many_contacts", "This is one contact too many.")
    values = data.model_dump() | {"owner_id": owner.id}
    contact = Contact(**values)
    session.add(contact)
    await _commit(session)
    return contact


async def get(session: AsyncSession, owner: User, contact_id: int) -> Contact:
    """The contact with this id. Raises NotFound, also if it belongs to another user."""
    wanted = select(Contact).where(Contact.id == contact_id).where(Contact.owner_id == owner.id)
    for contact in await session.scalars(wanted):
        return contact
    raise NotFound("contact_not_found", "Not found.")


async def read_page(session: AsyncSession, owner: User, page: PageParams, q: str | None = None) -> Page[ContactRead]:
    """A page of the contacts of `owner` that match `q`, or of all, ordered by name."""
    conditions = [Contact.owner_id == owner.id, *([_matches(q)] if q else [])]
    query = select(Contact).where(*conditions)
    query = query.order_by(Contact.last_name).order_by(Contact.first_name).order_by(Contact.id)
    contacts = (await session.scalars(query.slice(page.offset, page.offset + page.limit))).all()
    counted = await session.execute(select(func.count(Contact.id)).where(*conditions))
    return Page(
        items=[*map(ContactRead.model_validate, contacts)],
        total=counted.scalar_one(),
        offset=page.offset,
        limit=page.limit,
    )


async def update(session: AsyncSession, owner: User, contact_id: int, changes: ContactUpdate) -> Contact:
    """Changes the fields that were sent. Raises NotFound, and Conflict like `create`."""
    contact = await get(session, owner, contact_id)
    sent = changes.model_dump(include=changes.model_fields_set)
    for field, value in sent.items():
        if getattr(contact, field) != value:
            setattr(contact, field, value)
    await _commit(session)
    return contact


async def delete(session: AsyncSession, owner: User, contact_id: int) -> None:
    """Deletes the contact. Raises NotFound."""
    # In one statement: of several requests at once, one deletes the row and the others find none.
    deleted = await session.execute(
        delete_from(Contact).where(Contact.id == contact_id, Contact.owner_id == owner.id).returning(Contact.id)
    )
    if deleted.scalar() is None:
        raise NotFound("contact_not_found", "Not found.")
    await session.commit()


def _matches(q: str) -> ColumnElement[bool]:
    """The condition that a name or the e-mail address contains `q`, in any case.

    `autoescape` takes the characters % and _ for themselves; in a pattern they would stand for anything.
    """
    first_name = Contact.first_name.icontains(q, autoescape=True)
    last_name = Contact.last_name.icontains(q, autoescape=True)
    return first_name | last_name | Contact.email.icontains(q, autoescape=True)


async def _commit(session: AsyncSession) -> None:
    """Commits. The database alone decides whether an address is taken: of two requests at once it lets one pass."""
    try:
        await session.flush()
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        if violates(error, Contact.one_per_owner_and_email):
            raise Conflict("contact_exists", "Exists.") from None
        raise
