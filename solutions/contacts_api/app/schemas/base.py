"""What requests have in common: strictness, and the kinds of text that they carry."""

from typing import Annotated, Any

from email_validator import validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.core.database import is_storable

LONGEST_EMAIL = 254
MOST_FIELDS = 100
"""A body of one megabyte has room for 100,000 unknown fields. To describe the error of each takes seconds."""


class RequestModel(BaseModel):
    """The body of a request. A field that it does not know is an error: it may be a misspelt one that we do know."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, body: Any) -> Any:
        if isinstance(body, dict) and len(body) > MOST_FIELDS:
            raise PydanticCustomError("too_many_fields", "There are too many fields")
        return body


def _storable(value: str) -> str:
    """`value`, unless it contains characters that cannot be stored or returned, such as JSON's \\u0000 and \\ud800."""
    if not is_storable(value):
        raise PydanticCustomError("unstorable_text", "This text contains characters that cannot be stored")
    return value


def _visible(value: str) -> str:
    """`value`, if there is something to see: blanks of no width are no name either."""
    if not any(character.isprintable() and not character.isspace() for character in value):
        raise PydanticCustomError("blank_text", "This must not be blank")
    return value


def normalize_email(value: str) -> str:
    """The one form in which addresses are stored and compared: trimmed, in lower case, domains not in Punycode.

    Raises ValueError when the syntax is wrong. Whether the address exists is not looked up.
    """
    if len(value) > LONGEST_EMAIL:  # before the library reads it, which takes minutes for a megabyte of accents
        raise ValueError("too long")
    address = validate_email(value.strip(), check_deliverability=False).normalized.lower()
    if len(address) > LONGEST_EMAIL:
        raise ValueError
    return address


def _email(value: str) -> str:
    """`value` in that form. The library's own sentences quote parts of the value, so the client gets ours."""
    try:
        return normalize_email(value)
    except ValueError:
        raise PydanticCustomError("email", "This is not an e-mail address") from None


Text = Annotated[str, AfterValidator(_storable)]
Trimmed = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    AfterValidator(_storable),
    AfterValidator(_visible),
]
Email = Annotated[str, Field(max_length=LONGEST_EMAIL, json_schema_extra={"format": "email"}), AfterValidator(_email)]
