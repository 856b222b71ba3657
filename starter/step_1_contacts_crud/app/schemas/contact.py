"""The bodies of requests and answers about contacts."""

from datetime import date

from pydantic import BaseModel, ConfigDict

# TODO 1.1: define the limits of each type once, for POST and PATCH. app/schemas/base.py has text types that you can
# reuse. `str` alone is not enough: it accepts a name of three spaces, and one with 5000 letters.
Name = str  # 1 to 50 characters, without spaces at the ends, never only spaces
Phone = str  # 3 to 32 characters, for example +380501234567
Birthday = date  # in the form YYYY-MM-DD, and not in the future. Which module returns the current date?
Notes = str  # up to 500 characters


class ContactCreate(BaseModel):
    """A new contact. Its owner comes from the token, never from the body."""

    # TODO 1.0: add the fields that a client sends: first_name, last_name, email, phone, birthday and notes.
    # - Which of them may be absent?
    # - A client sends "brithday" in place of "birthday". Which base class refuses unknown fields?
    # - Upper and lower case of an e-mail address do not matter. UserCreate shows a type for this.


class ContactUpdate(BaseModel):
    """A change of a contact. MISSING means "not sent", and the field keeps its value. null clears an optional field."""

    # TODO 1.4: add the same fields. A client may send any of them. Each field is in one of three states:
    # it has a value, it is null, or it is absent.
    # `str | None = None` cannot tell the last two apart. Pydantic's MISSING can: the example
    # 01_partial_updates.py shows how. Decide for each field: is null allowed?


class ContactRead(BaseModel):
    """A contact in an answer."""

    model_config = ConfigDict(from_attributes=True)

    # TODO 1.1: add all fields that a client may read, with the id and both timestamps. Every answer contains all of
    # them. An optional field that was not sent is null. Which column must not be in the answer?
