"""The refresh token in a cookie: a page can stay logged in without its scripts ever seeing the token."""

from typing import Annotated

from fastapi import Cookie, Depends, Response
from fastapi.exceptions import RequestValidationError

from app.core.openapi import document_headers
from app.schemas.token import RefreshRequest, TokenPair

NAME = "refresh_token"
PATH = "/api/v1/auth"
"""The browser sends the cookie to these calls alone; no other needs it."""
COOKIE_HEADER = document_headers({"Set-Cookie": f"The cookie `{NAME}`: a browser sends it by itself."})


def set_refresh_cookie(response: Response, tokens: TokenPair) -> None:
    """Puts the refresh token into a cookie too."""
    # TODO 8.4: response.set_cookie, with the attributes that the notebook lists.


def delete_refresh_cookie(response: Response) -> None:
    """Takes the cookie away from the browser."""
    # TODO 8.4: a browser deletes a cookie whose time is over. It compares name and path.


async def get_refresh_token(
    data: RefreshRequest | None = None, cookie: Annotated[str | None, Cookie(alias=NAME)] = None
) -> str:
    """The refresh token from the body, or else from the cookie. Raises RequestValidationError."""
    # TODO 8.4: take the cookie if the body has no token.
    token = None if data is None else data.refresh_token
    if token is None:
        raise RequestValidationError([{"loc": ("body", NAME), "msg": "Field required", "type": "missing"}])
    return token


RefreshToken = Annotated[str, Depends(get_refresh_token)]
