"""Users, as they register and as others see them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from app.models.user import Role
from app.schemas.base import Email, RequestModel, Text, Trimmed

Password = Annotated[str, Field(min_length=8, max_length=128)]


class UserCreate(RequestModel):
    """The body of a registration."""

    email: Email
    password: Password
    full_name: Annotated[Trimmed, Field(max_length=100)] | None = None


class EmailRequest(RequestModel):
    """The address to which a message is requested."""

    email: Email


class NewPassword(RequestModel):
    """A user who has lost the password sets a new one, with the token from the message."""

    token: Text
    password: Password


class PasswordChange(RequestModel):
    """A user sets another password, and confirms it with the current one."""

    current_password: str
    password: Password


class PasswordConfirmation(RequestModel):
    """A user confirms with the password what cannot be undone."""

    password: str


class UserRead(BaseModel):
    """An account, without anything that is secret."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    full_name: str | None
    is_verified: bool
    avatar_url: str | None
    created_at: datetime


class UserReadByAdmin(UserRead):
    """An account, as an admin sees it."""

    role: Role
    is_active: bool


class UserUpdateByAdmin(RequestModel):
    """The fields of an account that an admin may change."""

    is_active: StrictBool
