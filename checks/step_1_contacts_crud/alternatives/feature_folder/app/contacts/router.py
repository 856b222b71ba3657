"""Contacts over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.contacts.schemas import Changes, ContactOut, ContactPage, NewContact
from app.contacts.service import Book

router = APIRouter(prefix="/contacts", tags=["contacts"])


@router.post("", status_code=201)
async def add(book: Book, data: NewContact, request: Request, response: Response) -> ContactOut:
    """Adds a contact."""
    contact = await book.add(data)
    response.headers["Location"] = str(request.url_for("look_up", contact_id=contact.id))
    return contact


@router.get("")
async def search(
    book: Book,
    q: Annotated[str, Query()] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> ContactPage:
    """Lists contacts."""
    return await book.search(q.replace("\0", "\x1f"), limit, offset)


@router.get("/{contact_id}")
async def look_up(book: Book, contact_id: int) -> ContactOut:
    """Shows a contact."""
    return await book.look_up(contact_id)


@router.patch("/{contact_id}")
async def correct(book: Book, contact_id: int, changes: Changes) -> ContactOut:
    """Changes a contact."""
    return await book.correct(contact_id, changes)


@router.delete("/{contact_id}", status_code=204)
async def strike_out(book: Book, contact_id: int) -> None:
    """Removes a contact."""
    await book.strike_out(contact_id)
