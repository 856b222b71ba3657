"""Contacts over HTTP: what comes in, who asks, which status goes out. The rules are in the service."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from app.api.deps import CURRENT_USER_ERRORS, CurrentUser, SessionDep
from app.core.database import LARGEST_INTEGER
from app.core.errors import BODY_ERRORS, PARAMETER_ERRORS, error_answers
from app.models import Contact
from app.schemas.base import Text
from app.schemas.contact import ContactCreate, ContactRead, ContactUpdate
from app.schemas.page import Page, PageParams

router = APIRouter(prefix="/contacts", tags=["contacts"], responses=CURRENT_USER_ERRORS | PARAMETER_ERRORS)

ContactId = Annotated[int, Path(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]


class ContactQuery(PageParams):
    """Which contacts are asked for: those that match `q`, if it is given, and of these a page."""

    q: Annotated[
        Text | None, Field(max_length=500, description="Part of a first name, a last name or an e-mail address.")
    ] = None


@router.post(
    "",
    response_model=ContactRead,
    responses=BODY_ERRORS | error_answers(HTTPStatus.CONFLICT, "contact_exists"),
)
async def create_contact(
    session: SessionDep, user: CurrentUser, data: ContactCreate, request: Request, response: Response
) -> Contact:
    """Adds a contact and says in `Location` where it is found from now on."""
    # TODO 1.1: let the service store it. Two things are still missing here, and HTTP has a place for each: a status
    # that says "created" instead of "ok" (an argument of the decorator above), and a header that tells the client
    # where the new contact is found. `request.app.url_path_for` knows the path of an endpoint by its name.
    raise NotImplementedError("Task 1.1: create a contact")


@router.get("")
async def list_contacts(
    session: SessionDep, user: CurrentUser, query: Annotated[ContactQuery, Query()]
) -> Page[ContactRead]:
    """A page of the user's contacts, ordered by name; of those that match `q`, if it is given."""
    # TODO 1.2: pass on what came in. TODO 1.3: `q` too.
    raise NotImplementedError("Task 1.2: list contacts")


@router.get(
    "/{contact_id}",
    response_model=ContactRead,
    responses=error_answers(HTTPStatus.NOT_FOUND, "contact_not_found"),
)
async def read_contact(session: SessionDep, user: CurrentUser, contact_id: ContactId) -> Contact:
    """One contact."""
    # TODO 1.2: one line. Who makes a 404 of it when there is no such contact? (See app/core/errors.py.)
    raise NotImplementedError("Task 1.2: read one contact")


@router.patch(
    "/{contact_id}",
    response_model=ContactRead,
    responses=BODY_ERRORS
    | error_answers(HTTPStatus.NOT_FOUND, "contact_not_found", "not_found")
    | error_answers(HTTPStatus.CONFLICT, "contact_exists"),
)
async def update_contact(
    session: SessionDep, user: CurrentUser, contact_id: ContactId, changes: ContactUpdate
) -> Contact:
    """Changes the fields that are sent and leaves the others alone."""
    # TODO 1.4: one line again, if the service does its part.
    raise NotImplementedError("Task 1.4: change a contact")


@router.delete(
    "/{contact_id}",
    responses=error_answers(HTTPStatus.NOT_FOUND, "contact_not_found"),
)
async def delete_contact(session: SessionDep, user: CurrentUser, contact_id: ContactId) -> None:
    """Removes a contact for good."""
    # TODO 1.5: afterwards there is nothing to send. Which status says so? It is an argument of the decorator.
    raise NotImplementedError("Task 1.5: delete a contact")
