"""The bodies of requests and answers about contacts."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import MISSING, AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.core import clock
from app.schemas.base import Email, RequestModel, Text, Trimmed


def _written_as_date(value: object) -> object:
    """`value`, if it looks like 1991-08-24. pydantic alone would take a number of seconds for a date too."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise PydanticCustomError("date_format", "A date is written as YYYY-MM-DD")
    return value


def _not_in_future(value: date) -> date:
    if value > clock.today():
        raise PydanticCustomError("date_in_future", "A birthday is not in the future")
    return value


Name = Annotated[Trimmed, Field(max_length=50)]
Phone = Annotated[Trimmed, Field(min_length=3, max_length=32)]
Birthday = Annotated[date, BeforeValidator(_written_as_date), AfterValidator(_not_in_future)]
Notes = Annotated[Text, Field(max_length=500)]


class ContactCreate(RequestModel):
    """A new contact. Its owner comes from the token, never from the body."""

    first_name: Name
    last_name: Name
    email: Email
    phone: Phone
    birthday: Birthday | None = None
    notes: Notes | None = None


class ContactUpdate(RequestModel):
    """A change of a contact. MISSING means "not sent", and the field keeps its value. null clears an optional field."""

    first_name: Name | MISSING = MISSING
    last_name: Name | MISSING = MISSING
    email: Email | MISSING = MISSING
    phone: Phone | MISSING = MISSING
    birthday: Birthday | MISSING | None = MISSING
    notes: Notes | MISSING | None = MISSING


class ContactRead(BaseModel):
    """A contact in an answer."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    birthday: date | None
    notes: str | None
    created_at: datetime
    updated_at: datetime


class UpcomingBirthday(ContactRead):
    """A contact with a birthday, and how soon it is kept."""

    birthday: date
    next_birthday: date
    days_until: int
