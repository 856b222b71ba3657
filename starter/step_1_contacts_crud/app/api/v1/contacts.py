"""The endpoints of contacts. The rules are in the service."""

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
    """The parameters of the list of contacts: a search text and a page."""

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
    """Creates a contact. The header `Location` contains its path."""
    # TODO 1.1: call the service. Then add two things: the status "created" in place of "ok" (an argument of the
    # decorator above), and a header with the path of the new contact. `request.app.url_path_for` returns the path of
    # an endpoint by its name.
    raise NotImplementedError("Task 1.1: create a contact")


@router.get("")
async def list_contacts(
    session: SessionDep, user: CurrentUser, query: Annotated[ContactQuery, Query()]
) -> Page[ContactRead]:
    """A page of the user's contacts that match `q`, or of all, ordered by name."""
    # TODO 1.2: pass the parameters on to the service. TODO 1.3: `q` too.
    raise NotImplementedError("Task 1.2: list contacts")


@router.get(
    "/{contact_id}",
    response_model=ContactRead,
    responses=error_answers(HTTPStatus.NOT_FOUND, "contact_not_found"),
)
async def read_contact(session: SessionDep, user: CurrentUser, contact_id: ContactId) -> Contact:
    """One contact."""
    # TODO 1.2: one line. Which code turns NotFound into a 404? (See app/core/errors.py.)
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
    """Changes the fields that are sent. The others keep their values."""
    # TODO 1.4: one line, which calls the service.
    raise NotImplementedError("Task 1.4: change a contact")


@router.delete(
    "/{contact_id}",
    responses=error_answers(HTTPStatus.NOT_FOUND, "contact_not_found"),
)
async def delete_contact(session: SessionDep, user: CurrentUser, contact_id: ContactId) -> None:
    """Deletes a contact."""
    # TODO 1.5: the answer has no body. Which status means that? It is an argument of the decorator.
    raise NotImplementedError("Task 1.5: delete a contact")
