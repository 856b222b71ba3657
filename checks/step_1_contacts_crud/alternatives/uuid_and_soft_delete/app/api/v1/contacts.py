"""Contacts over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from app.api.deps import CurrentUser, SessionDep
from app.core.database import LARGEST_INTEGER
from app.schemas.base import Text
from app.schemas.contact import ContactBody, ContactCard, ContactList
from app.services.contacts import Shelf

router = APIRouter(prefix="/contacts")


def shelf_of(session: SessionDep, user: CurrentUser) -> Shelf:
    """The contacts of whoever asks."""
    return Shelf(session, user.id)


ShelfDep = Annotated[Shelf, Depends(shelf_of)]


@router.post("", status_code=201)
async def put_contact(shelf: ShelfDep, contact: ContactBody, response: Response) -> ContactCard:
    """Adds a contact. Its address is told relative to this one."""
    card = await shelf.put(contact)
    response.headers["Location"] = f"contacts/{card.id}"
    return card


@router.get("")
async def list_contacts(
    shelf: ShelfDep,
    q: Annotated[Text, Query()] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=LARGEST_INTEGER)] = 0,
) -> ContactList:
    """Lists contacts."""
    items, total = await shelf.page(q, limit, offset)
    return ContactList(total=total, limit=limit, offset=offset, items=items)


@router.get("/{key}")
async def take_contact(shelf: ShelfDep, key: str) -> ContactCard:
    """Shows a contact."""
    return await shelf.take(key)


@router.patch("/{key}")
async def merge_contact(shelf: ShelfDep, key: str, patch: dict[str, Any]) -> ContactCard:
    """Changes a contact by JSON Merge Patch."""
    return await shelf.merge(key, patch)


@router.delete("/{key}", status_code=204)
async def discard_contact(shelf: ShelfDep, key: str) -> None:
    """Hides a contact for good."""
    await shelf.discard(key)
