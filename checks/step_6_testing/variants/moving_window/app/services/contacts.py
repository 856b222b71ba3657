"""The contacts of a user."""

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy import delete as delete_from
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import violates
from app.core.errors import Conflict, NotFound
from app.models import Contact, User
from app.schemas.contact import ContactCreate, ContactRead, ContactUpdate
from app.schemas.page import Page, PageParams

ESCAPE = "\\"
MOST_CONTACTS = 10_000
"""Contacts of one user. Their birthdays are loaded and cached as one answer."""


async def create(session: AsyncSession, owner: User, data: ContactCreate) -> Contact:
    """A new contact of `owner`. Raises Conflict when they have one with this e-mail address, or too many."""
    stored = await session.scalar(select(func.count(Contact.id)).where(Contact.owner_id == owner.id))
    if stored is not None and stored >= MOST_CONTACTS:
        raise Conflict("too_many_contacts", "Your contact book is full.")
    contact = Contact(**data.model_dump())
    contact.owner_id = owner.id
    session.add(contact)
    await _commit(session)
    return contact


async def get(session: AsyncSession, owner: User, contact_id: int) -> Contact:
    """The contact with this id. Raises NotFound, also if it belongs to another user."""
    contact = await session.get(Contact, contact_id)
    if contact is None or contact.owner_id != owner.id:
        raise NotFound("contact_not_found", "No contact of yours has this id.")
    return contact


async def read_page(session: AsyncSession, owner: User, page: PageParams, q: str | None = None) -> Page[ContactRead]:
    """A page of the contacts of `owner` that match `q`, or of all, ordered by name."""
    condition = Contact.owner_id == owner.id
    if q:
        condition = and_(condition, _matches(q))
    total = await session.scalar(select(func.count(Contact.id)).where(condition))
    ordered = select(Contact).where(condition).order_by(Contact.last_name, Contact.first_name, Contact.id)
    contacts = await session.scalars(ordered.offset(page.offset).limit(page.limit))
    items = [ContactRead.model_validate(contact) for contact in contacts]
    return Page(items=items, total=total or 0, limit=page.limit, offset=page.offset)


async def update(session: AsyncSession, owner: User, contact_id: int, changes: ContactUpdate) -> Contact:
    """Changes the fields that were sent. Raises NotFound, and Conflict like `create`."""
    contact = await get(session, owner, contact_id)
    for field in sorted(changes.model_fields_set):
        setattr(contact, field, getattr(changes, field))
    await _commit(session)
    return contact


async def delete(session: AsyncSession, owner: User, contact_id: int) -> None:
    """Deletes the contact. Raises NotFound."""
    of_owner = delete_from(Contact).where(Contact.owner_id == owner.id)
    deleted = await session.execute(of_owner.where(Contact.id == contact_id).returning(Contact.id))
    if not deleted.all():
        raise NotFound("contact_not_found", "No contact of yours has this id.")
    await session.commit()


def _matches(q: str) -> ColumnElement[bool]:
    """The condition that a name or the e-mail address contains `q`, in any case.

    `autoescape` takes the characters % and _ for themselves; in a pattern they would stand for anything.
    """
    pattern = f"%{q.replace(ESCAPE, 2 * ESCAPE).replace('%', ESCAPE + '%').replace('_', ESCAPE + '_')}%"
    columns = (Contact.first_name, Contact.last_name, Contact.email)
    return or_(*(column.ilike(pattern, escape=ESCAPE) for column in columns))


async def _commit(session: AsyncSession) -> None:
    """Commits. The database alone decides whether an address is taken: of two requests at once it lets one pass."""
    try:
        await session.commit()
    except IntegrityError as error:
        taken = violates(error, Contact.one_per_owner_and_email)
        await session.rollback()
        if taken:
            raise Conflict("contact_exists", "This e-mail address belongs to one of your contacts.") from None
        raise
