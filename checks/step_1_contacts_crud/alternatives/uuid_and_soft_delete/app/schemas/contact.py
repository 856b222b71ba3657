"""Contacts as JSON."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from app.core import clock
from app.schemas.base import Email, Text, Trimmed


def _past(day: date) -> date:
    if (clock.today() - day).days < 0:
        raise ValueError("nobody is born after today")
    return day


Name = Annotated[Trimmed, StringConstraints(max_length=50)]
Phone = Annotated[Text, StringConstraints(min_length=3, max_length=32)]
Birthday = Annotated[date, AfterValidator(_past)]
Notes = Annotated[Text, StringConstraints(max_length=500)]


@dataclass
class ContactBody:
    """Everything that a client fills in."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    first_name: Name
    last_name: Name
    email: Email
    phone: Phone
    birthday: Birthday | None = None
    notes: Notes | None = None


@dataclass
class ContactCard:
    """A contact as it is shown."""

    id: UUID
    first_name: str
    last_name: str
    email: str
    phone: str
    birthday: date | None
    notes: str | None
    created_at: datetime
    updated_at: datetime


@dataclass
class ContactList:
    """A page."""

    total: int
    limit: int
    offset: int
    items: list[ContactCard]


BODY = TypeAdapter(ContactBody)


def merged(card: ContactCard, patch: dict[str, Any]) -> dict[str, Any]:
    """What `patch` changes on the card, checked by the rules of a new contact.

    This is JSON Merge Patch (RFC 7396): null takes a field away, and a required field must not be missing then.
    """
    now = {name: value for name, value in asdict(card).items() if name in ContactBody.__dataclass_fields__}
    after = {name: value for name, value in {**now, **patch}.items() if value is not None}
    try:
        body = asdict(BODY.validate_python(after))
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None
    return {name: body[name] for name in patch}
