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


async def create(session: AsyncSession, owner: User, data: ContactCreate) -> Contact:
    """A new contact of `owner`. Raises Conflict if the owner has a contact with this e-mail address."""
    contact = Contact(owner_id=owner.id, **data.model_dump())
    session.add(contact)
    await _commit(session)
    return contact


async def get(session: AsyncSession, owner: User, contact_id: int) -> Contact:
    """The contact with this id. Raises NotFound, also if it belongs to another user."""
    contact = await session.scalar(select(Contact).where(Contact.id == contact_id, Contact.owner_id == owner.id))
    if contact is None:
        raise NotFound("contact_not_found", "There is no such contact.")
    return contact


async def read_page(session: AsyncSession, owner: User, page: PageParams, q: str | None = None) -> Page[ContactRead]:
    """A page of the contacts of `owner` that match `q`, or of all, ordered by name."""
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
    """Changes the fields that were sent. Raises NotFound, and Conflict like `create`."""
    contact = await get(session, owner, contact_id)
    for field, value in changes.model_dump(exclude_unset=True).items():
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
