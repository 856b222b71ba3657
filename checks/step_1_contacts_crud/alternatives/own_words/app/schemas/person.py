"""The JSON of the address book. Attributes are ours, the names in JSON are the contract's."""

import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, computed_field, field_validator

from app.core.clock import today
from app.schemas.base import Email, RequestModel, Text


def _trim(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _day(value: Any) -> Any:
    if isinstance(value, str):
        return datetime.date.fromisoformat(value) if value[4:5] == "-" else "no date"
    return value if value is None else "no date"


def _moment(value: datetime.datetime) -> str:
    """Like 2026-05-17T12:00:00.123Z."""
    return value.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _words_of(shortest: int, longest: int) -> Any:
    return Annotated[Text, BeforeValidator(_trim), Field(min_length=shortest, max_length=longest)]


Moment = Annotated[datetime.datetime, PlainSerializer(_moment, return_type=str)]


class PersonForm(RequestModel):
    """All that a client may fill in, with nothing demanded."""

    given: _words_of(1, 50) = Field("", alias="first_name")
    family: _words_of(1, 50) = Field("", alias="last_name")
    mail: Email = Field("", alias="email")
    telephone: _words_of(3, 32) = Field("", alias="phone")
    born: Annotated[datetime.date | None, BeforeValidator(_day)] = Field(None, alias="birthday")
    remarks: Annotated[Text | None, Field(max_length=500)] = Field(None, alias="notes")

    @field_validator("born")
    @classmethod
    def _is_born(cls, value: datetime.date | None) -> datetime.date | None:
        if value is not None and value > today():
            raise ValueError("not born yet")
        return value


class WholePersonForm(PersonForm):
    """The same, with what a new person must have."""

    given: _words_of(1, 50) = Field(alias="first_name")
    family: _words_of(1, 50) = Field(alias="last_name")
    mail: Email = Field(alias="email")
    telephone: _words_of(3, 32) = Field(alias="phone")


class Card(BaseModel):
    """A person as shown."""

    model_config = ConfigDict(from_attributes=True)

    remarks: str | None = Field(serialization_alias="notes")
    born: datetime.date | None = Field(serialization_alias="birthday")
    telephone: str = Field(serialization_alias="phone")
    mail: str = Field(serialization_alias="email")
    family: str = Field(serialization_alias="last_name")
    given: str = Field(serialization_alias="first_name")
    changed: Moment = Field(serialization_alias="updated_at")
    added: Moment = Field(serialization_alias="created_at")
    number: int = Field(serialization_alias="id")

    @computed_field
    def display_name(self) -> str:
        """More than the contract asks for, which it allows."""
        return f"{self.given} {self.family}"


class CardBox(BaseModel):
    """A handful of cards."""

    offset: int
    limit: int
    total: int
    items: list[Card]

    @computed_field
    def has_more(self) -> bool:
        """Whether there is a page after this one."""
        return self.offset + len(self.items) < self.total
