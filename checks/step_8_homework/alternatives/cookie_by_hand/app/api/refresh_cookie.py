"""The refresh token in a cookie, written and read by hand."""

import json
from http.cookies import SimpleCookie
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.core.config import get_settings
from app.core.openapi import document_headers
from app.core.security import LIFETIMES, Purpose
from app.schemas.token import RefreshRequest, TokenPair

COOKIE_HEADER = document_headers({"Set-Cookie": "The refresh token: a browser sends it by itself."})


def set_refresh_cookie(response: Response, tokens: TokenPair) -> None:
    """Sets the cookie for as long as the token lives."""
    _write(response, tokens.refresh_token, round(LIFETIMES[Purpose.REFRESH].total_seconds()))


def delete_refresh_cookie(response: Response) -> None:
    """Sets the cookie to an empty text whose time is over."""
    _write(response, "", 0)


def _write(response: Response, value: str, seconds: int) -> None:
    cookie: SimpleCookie = SimpleCookie({"refresh_token": value})
    morsel = cookie["refresh_token"]
    morsel.update({"path": "/api/v1/auth", "max-age": str(seconds), "samesite": "Strict"})
    morsel["httponly"] = True
    if get_settings().environment != "local":
        morsel["secure"] = True
    response.headers.append("Set-Cookie", morsel.OutputString())


async def get_refresh_token(request: Request) -> str:
    """The token of the body, or that of the cookie."""
    body = await request.body()
    try:
        data = RefreshRequest.model_validate(json.loads(body) if body else {})
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None
    except ValueError:
        raise RequestValidationError([{"loc": ("body",), "msg": "JSON decode error", "type": "json_invalid"}]) from None
    found = data.refresh_token or request.cookies.get("refresh_token")
    if not found:
        raise RequestValidationError([{"loc": ("body", "refresh_token"), "msg": "Field required", "type": "missing"}])
    return found


RefreshToken = Annotated[str, Depends(get_refresh_token)]
