"""Contacts, as they come in, change and go out."""

from datetime import date

from pydantic import BaseModel, ConfigDict

# TODO 1.1: give each kind of value its rules, once, for creating and changing alike. app/schemas/base.py has kinds of
# text to build on. (Why is `str` not enough? Try a name of three blanks, or one with 5000 letters, on PostgreSQL.)
Name = str  # 1 to 50 characters, without blanks at the ends, never only blanks
Phone = str  # 3 to 32 characters; +380501234567 is one
Birthday = date  # written as YYYY-MM-DD, and not in the future. Who in this application knows what day it is?
Notes = str  # up to 500 characters


class ContactCreate(BaseModel):
    """A new contact. The token says whose it is, never the body."""

    # TODO 1.0: the fields that a client sends: first_name, last_name, email, phone, birthday and notes.
    # - Which of them may be left out?
    # - "brithday" is not "birthday": which base class refuses a field that it does not know?
    # - Two spellings of one e-mail address are one address. UserCreate has solved that already.


class ContactUpdate(BaseModel):
    """A change. A field that was not sent is MISSING and stays as it is; null clears a field, where that is allowed."""

    # TODO 1.4: the same fields, but a client may send any part of them. Three things can happen to each field:
    # it comes with a value, it comes with null, it does not come at all.
    # `str | None = None` makes the last two look alike. pydantic's MISSING keeps them apart; the example
    # 01_partial_updates.py shows how. Then decide field by field: is null allowed here?


class ContactRead(BaseModel):
    """A contact, as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    # TODO 1.1: everything that the client may know, with the id and both timestamps. All these fields are in every
    # answer; an optional one that was not sent is null there. Is there a column that is none of the client's business?
