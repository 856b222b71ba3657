"""Contacts over HTTP, in functions that run in threads."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, status

from app.api.deps import CurrentUser
from app.core.threads import BlockingSession
from app.models import Contact
from app.schemas.base import Text
from app.schemas.contact import ContactCreate, ContactRead, ContactUpdate
from app.schemas.page import Page
from app.services import contacts

router = APIRouter(prefix="/contacts", tags=["contacts"])

Id = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("")
def index(
    session: BlockingSession,
    user: CurrentUser,
    q: Annotated[Text, Query()] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, lt=2**62)] = 0,
) -> Page[ContactRead]:
    """A page of contacts."""
    found, total = contacts.find(session, user.id, q, limit, offset)
    items = [ContactRead.model_validate(contact) for contact in found]
    return Page(items=items, total=total, limit=limit, offset=offset)


@router.post("", status_code=status.HTTP_201_CREATED, response_model=ContactRead)
def create(session: BlockingSession, user: CurrentUser, body: ContactCreate, response: Response) -> Contact:
    """A new contact."""
    contact = contacts.create(session, user.id, body.model_dump())
    response.headers["Location"] = f"/api/v1/contacts/{contact.id}"
    return contact


@router.get("/{contact_id}", response_model=ContactRead)
def show(session: BlockingSession, user: CurrentUser, contact_id: Id) -> Contact:
    """One contact."""
    return contacts.get(session, user.id, contact_id)


@router.patch("/{contact_id}", response_model=ContactRead)
def change(session: BlockingSession, user: CurrentUser, contact_id: Id, body: ContactUpdate) -> Contact:
    """Changes what was sent."""
    return contacts.update(session, user.id, contact_id, body.model_dump(exclude_unset=True))


@router.delete("/{contact_id}", status_code=status.HTTP_204_NO_CONTENT)
def remove(session: BlockingSession, user: CurrentUser, contact_id: Id) -> None:
    """Removes a contact."""
    contacts.delete(session, user.id, contact_id)
