"""The tokens that a user logs in with and stays logged in by."""

from typing import Literal

from pydantic import BaseModel

from app.schemas.base import RequestModel, Text


class TokenPair(BaseModel):
    """A token that opens the API for half an hour, and one that fetches the next pair for a week."""

    refresh_token: str
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a word of OAuth2, no secret


class RefreshRequest(RequestModel):
    """A refresh token, in exchange for a new pair."""

    refresh_token: Text
