"""The refresh token in a cookie: a page can stay logged in without its scripts ever seeing the token."""

from datetime import timedelta
from typing import Annotated

from fastapi import Cookie, Depends, Response
from fastapi.exceptions import RequestValidationError

from app.core.config import get_settings
from app.core.openapi import document_headers
from app.core.security import LIFETIMES, Purpose
from app.schemas.token import RefreshRequest, TokenPair

NAME = "refresh_token"
PATH = "/api/v1/auth"
"""The browser sends the cookie to these calls alone; no other needs it."""
COOKIE_HEADER = document_headers({"Set-Cookie": f"The cookie `{NAME}`: a browser sends it by itself."})


def set_refresh_cookie(response: Response, tokens: TokenPair) -> None:
    """Puts the refresh token into a cookie too."""
    _set(response, tokens.refresh_token, LIFETIMES[Purpose.REFRESH])


def delete_refresh_cookie(response: Response) -> None:
    """Takes the cookie away from the browser."""
    _set(response, "", timedelta(0))


def _set(response: Response, value: str, lifetime: timedelta) -> None:
    """Sets the cookie. A browser replaces or deletes a cookie only if its path is the same."""
    response.set_cookie(
        NAME,
        value,
        max_age=int(lifetime.total_seconds()),
        path=PATH,
        secure=get_settings().environment != "local",
        httponly=True,
        samesite="strict",  # so that no other site can make the browser send it
    )


async def get_refresh_token(
    data: RefreshRequest | None = None, cookie: Annotated[str | None, Cookie(alias=NAME)] = None
) -> str:
    """The refresh token from the body, or else from the cookie. Raises RequestValidationError."""
    token = cookie if data is None or data.refresh_token is None else data.refresh_token
    if token is None:
        raise RequestValidationError([{"loc": ("body", NAME), "msg": "Field required", "type": "missing"}])
    return token


RefreshToken = Annotated[str, Depends(get_refresh_token)]
