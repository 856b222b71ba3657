"""What comes in and what goes out."""

from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    EmailStr,
    PlainSerializer,
    StringConstraints,
    field_validator,
)

from app.core import clock


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold a NUL character")
    return text


def _born(day: date) -> date:
    if day > clock.today():
        raise ValueError("must not lie in the future")
    return day


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), AfterValidator(_without_nul)
]
Phone = Annotated[str, StringConstraints(min_length=3, max_length=32), AfterValidator(_without_nul)]
Notes = Annotated[str, StringConstraints(max_length=500), AfterValidator(_without_nul)]
Address = Annotated[EmailStr, StringConstraints(max_length=254), AfterValidator(str.lower)]
Birthday = Annotated[date, AfterValidator(_born)]


def _in_office_time(moment: datetime) -> str:
    """With an offset, like every moment of the API, though it is not that of UTC."""
    return moment.astimezone(timezone(timedelta(hours=2))).isoformat()


Moment = Annotated[AwareDatetime, PlainSerializer(_in_office_time, return_type=str)]


class Incoming(BaseModel):
    """A body: strict about the names of its fields."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("birthday", mode="before", check_fields=False)
    @classmethod
    def _birthday_is_text(cls, value: Any) -> Any:
        if value is not None and not (isinstance(value, str) and len(value) == len("2000-01-31")):
            raise ValueError("write it like 1990-05-17")
        return value


class NewContact(Incoming):
    """A whole contact."""

    first_name: Name
    last_name: Name
    email: Address
    phone: Phone
    birthday: Birthday | None = None
    notes: Notes | None = None


class Changes(Incoming):
    """Any part of a contact."""

    first_name: Name | None = None
    last_name: Name | None = None
    email: Address | None = None
    phone: Phone | None = None
    birthday: Birthday | None = None
    notes: Notes | None = None

    @field_validator("first_name", "last_name", "email", "phone", mode="before")
    @classmethod
    def _not_null(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("may be left out, but not be null")
        return value

    def sent(self) -> dict[str, Any]:
        """The fields that the client named."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class ContactOut(BaseModel):
    """A contact as it is shown."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    birthday: date | None
    notes: str | None
    created_at: Moment
    updated_at: Moment


class ContactPage(BaseModel):
    """Some of the contacts, and how many there are."""

    items: list[ContactOut]
    total: int
    limit: int
    offset: int
