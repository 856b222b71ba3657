"""The contacts of a user."""

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
    of_owner = select(Contact.id).where(Contact.owner_id == owner.id)
    if (await session.scalar(select(func.count()).select_from(of_owner.subquery())) or 0) >= MOST_CONTACTS:
        raise Conflict("too_many_contacts", f"{MOST_CONTACTS} contacts are the most.")
    contact = Contact(**data.model_dump(), owner_id=owner.id)
    session.add_all([contact])
    await _commit(session)
    return contact


async def get(session: AsyncSession, owner: User, contact_id: int) -> Contact:
    """The contact with this id. Raises NotFound, also if it belongs to another user."""
    found = await session.execute(select(Contact).where(Contact.owner_id == owner.id).where(Contact.id == contact_id))
    contact = found.scalar_one_or_none()
    if contact is None:
        raise NotFound("contact_not_found", "Unknown contact.")
    return contact


async def read_page(session: AsyncSession, owner: User, page: PageParams, q: str | None = None) -> Page[ContactRead]:
    """A page of the contacts of `owner` that match `q`, or of all, ordered by name."""
    wanted = select(Contact).where(Contact.owner_id == owner.id)
    if q:
        wanted = wanted.where(_matches(q))
    total = await session.scalar(select(func.count()).select_from(wanted.subquery()))
    by_name = (Contact.last_name, Contact.first_name, Contact.id)
    found = await session.scalars(wanted.order_by(*by_name).limit(page.limit).offset(page.offset))
    return Page(
        total=total or 0,
        limit=page.limit,
        offset=page.offset,
        items=[ContactRead.model_validate(contact) for contact in found.all()],
    )


async def update(session: AsyncSession, owner: User, contact_id: int, changes: ContactUpdate) -> Contact:
    """Changes the fields that were sent. Raises NotFound, and Conflict like `create`."""
    contact = await get(session, owner, contact_id)
    values = changes.model_dump(exclude_unset=True)
    for field in values:
        setattr(contact, field, values[field])
    await _commit(session)
    return contact


async def delete(session: AsyncSession, owner: User, contact_id: int) -> None:
    """Deletes the contact. Raises NotFound."""
    # In one statement: of several requests at once, one deletes the row and the others find none.
    deleted = await session.execute(
        delete_from(Contact).where(Contact.id == contact_id, Contact.owner_id == owner.id).returning(Contact.id)
    )
    if deleted.scalar() is None:
        raise NotFound("contact_not_found", "Unknown contact.")
    await session.commit()


def _matches(q: str) -> ColumnElement[bool]:
    """The condition that a name or the e-mail address contains `q`, in any case.

    `autoescape` takes the characters % and _ for themselves; in a pattern they would stand for anything.
    """
    columns = (Contact.email, Contact.last_name, Contact.first_name)
    conditions = [column.icontains(q, autoescape=True) for column in columns]
    return or_(*conditions)


async def _commit(session: AsyncSession) -> None:
    """Commits. The database alone decides whether an address is taken: of two requests at once it lets one pass."""
    try:
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        if not violates(error, Contact.one_per_owner_and_email):
            raise
        raise Conflict("contact_exists", "Taken.") from None
