"""The contact book of a user, for callers that may wait."""

from typing import Any

from sqlalchemy import delete as delete_from
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.models import Contact


def create(session: Session, owner_id: int, values: dict[str, Any]) -> Contact:
    """A new contact. Looking first answers most conflicts without an error in the database's log."""
    same = select(Contact.id).where(Contact.owner_id == owner_id, Contact.email == values["email"])
    if session.scalar(same) is not None:
        raise _taken()
    contact = Contact(owner_id=owner_id, **values)
    session.add(contact)
    _save(session)
    return contact


def get(session: Session, owner_id: int, contact_id: int) -> Contact:
    """The contact, if it is there and theirs."""
    contact = session.get(Contact, contact_id)
    if contact is None or contact.owner_id != owner_id:
        raise _missing()
    return contact


def find(session: Session, owner_id: int, q: str, limit: int, offset: int) -> tuple[list[Contact], int]:
    """A page of the contacts that match, and how many match in all."""
    found = select(Contact).filter_by(owner_id=owner_id)
    if q:
        pattern = "%" + q.replace("/", "//").replace("%", "/%").replace("_", "/_") + "%"
        columns = (Contact.first_name, Contact.last_name, Contact.email)
        found = found.where(or_(*(column.ilike(pattern, escape="/") for column in columns)))
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    page = found.order_by(Contact.last_name, Contact.first_name, Contact.id).slice(offset, offset + limit)
    return list(session.scalars(page)), total


def update(session: Session, owner_id: int, contact_id: int, values: dict[str, Any]) -> Contact:
    contact = get(session, owner_id, contact_id)
    for name, value in values.items():
        setattr(contact, name, value)
    _save(session)
    return contact


def delete(session: Session, owner_id: int, contact_id: int) -> None:
    statement = delete_from(Contact).where(Contact.id == contact_id, Contact.owner_id == owner_id)
    if session.scalar(statement.returning(Contact.id)) is None:
        raise _missing()
    session.commit()


def _save(session: Session) -> None:
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise _taken() from None


def _taken() -> Conflict:
    return Conflict("contact_exists", "A contact with this address is there already.")


def _missing() -> NotFound:
    return NotFound("not_found", "Not found.")
