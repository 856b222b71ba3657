"""Users, as they register and as others see them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.base import Email, RequestModel, Trimmed


class UserCreate(RequestModel):
    """The body of a registration."""

    email: Email
    password: Annotated[str, Field(min_length=8, max_length=128)]
    full_name: Annotated[Trimmed, Field(max_length=100)] | None = None


class EmailRequest(RequestModel):
    """The address to which a message is requested."""

    # TODO 2.4: add the field that a client sends. Which type ignores upper and lower case of an address?


class UserRead(BaseModel):
    """An account, without anything that is secret."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    full_name: str | None
    # TODO 2.1: add whether the address is verified. A client may read it. Why must no client send it, and which class
    # above refuses it?
    created_at: datetime
