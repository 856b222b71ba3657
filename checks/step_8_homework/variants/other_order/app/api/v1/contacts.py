"""Contacts over HTTP: what comes in, who asks, which status goes out. The rules are in the service."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from app.api.deps import VERIFIED_USER_ERRORS, AccessClaims, CacheDep, SessionDep, SessionsDep, VerifiedUser
from app.core.database import LARGEST_INTEGER
from app.core.errors import BODY_ERRORS, PARAMETER_ERRORS, error_answers
from app.core.openapi import document_headers
from app.models import Contact
from app.schemas.base import Text
from app.schemas.contact import ContactCreate, ContactRead, ContactUpdate, UpcomingBirthday
from app.schemas.page import Page, PageParams
from app.services import birthdays, contacts

router = APIRouter(prefix="/contacts", tags=["contacts"], responses=VERIFIED_USER_ERRORS | PARAMETER_ERRORS)

ContactId = Annotated[int, Path(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]


class ContactQuery(PageParams):
    """Which contacts are asked for: those that match `q`, if it is given, and of these a page."""

    q: Annotated[
        Text | None, Field(max_length=500, description="Part of a first name, a last name or an e-mail address.")
    ] = None


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=ContactRead,
    responses=BODY_ERRORS
    | error_answers(HTTPStatus.CONFLICT, "contact_exists", "too_many_contacts")
    | {HTTPStatus.CREATED: document_headers({"Location": "The path of the new contact."})},
)
async def create_contact(
    session: SessionDep, cache: CacheDep, user: VerifiedUser, data: ContactCreate, request: Request, response: Response
) -> Contact:
    """Adds a contact and says in `Location` where it is found from now on."""
    contact = await contacts.create(session, user, data)
    await birthdays.invalidate(cache, user.id)
    response.headers["Location"] = request.app.url_path_for("read_contact", contact_id=contact.id)
    return contact


@router.get("")
async def list_contacts(
    session: SessionDep, user: VerifiedUser, query: Annotated[ContactQuery, Query()]
) -> Page[ContactRead]:
    """A page of the user's contacts, ordered by name; of those that match `q`, if it is given."""
    return await contacts.read_page(session, user, query, query.q)


# It stands before "/{contact_id}", which would take the word for an id.
@router.get("/birthdays", response_model=list[UpcomingBirthday])
async def list_birthdays(
    claims: AccessClaims,
    cache: CacheDep,
    sessions: SessionsDep,
    days: Annotated[int, Query(ge=1, le=birthdays.MOST_DAYS)] = birthdays.DEFAULT_DAYS,
) -> Response:
    """The user's contacts with a birthday today or in the next days, soonest first."""
    content = await birthdays.read_cached(cache, sessions, claims, days)
    return Response(content, media_type="application/json")


@router.get(
    "/{contact_id}",
    response_model=ContactRead,
    responses=error_answers(HTTPStatus.NOT_FOUND, "contact_not_found"),
)
async def read_contact(session: SessionDep, user: VerifiedUser, contact_id: ContactId) -> Contact:
    """One contact."""
    return await contacts.get(session, user, contact_id)


@router.patch(
    "/{contact_id}",
    response_model=ContactRead,
    responses=BODY_ERRORS
    | error_answers(HTTPStatus.NOT_FOUND, "contact_not_found", "not_found")
    | error_answers(HTTPStatus.CONFLICT, "contact_exists"),
)
async def update_contact(
    session: SessionDep, cache: CacheDep, user: VerifiedUser, contact_id: ContactId, changes: ContactUpdate
) -> Contact:
    """Changes the fields that are sent and leaves the others alone."""
    contact = await contacts.update(session, user, contact_id, changes)
    await birthdays.invalidate(cache, user.id)
    return contact


@router.delete(
    "/{contact_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=error_answers(HTTPStatus.NOT_FOUND, "contact_not_found"),
)
async def delete_contact(session: SessionDep, cache: CacheDep, user: VerifiedUser, contact_id: ContactId) -> None:
    """Removes a contact for good."""
    await contacts.delete(session, owner=user, contact_id=contact_id)
    await birthdays.invalidate(cache=cache, user_id=user.id)
