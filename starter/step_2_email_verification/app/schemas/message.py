"""Answers that are for a person to read."""

from pydantic import BaseModel


class Message(BaseModel):
    """A sentence for a person."""

    message: str
