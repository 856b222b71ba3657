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

    email: Email


class UserRead(BaseModel):
    """An account, without anything that is secret."""

    model_config = ConfigDict(from_attributes=True)

    created_at: datetime
    avatar_url: str | None
    is_verified: bool
    full_name: str | None
    email: str
    id: int
