"""Passwords and tokens."""

import asyncio
import base64
import hashlib
import os
import unicodedata
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar

import bcrypt
import jwt
from pydantic import BaseModel, Field, SecretStr

from app.core import clock
from app.core.config import get_settings
from app.core.database import LARGEST_INTEGER
from app.core.errors import Unauthorized

ALGORITHM = "HS256"

MOST_CHARACTERS = 1024
"""No password is longer, in whatever form it is typed. To normalize a megabyte of accents takes minutes."""

_threads = ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 1) // 2), thread_name_prefix="passwords")
"""bcrypt computes without the interpreter's lock, so threads help. They are few: many who log in at the same time must
leave processors to those who are logged in."""

Result = TypeVar("Result")


class Purpose(StrEnum):
    """The purpose of a token. An endpoint accepts only tokens of one purpose."""

    ACCESS = "access"
    REFRESH = "refresh"
    # TODO 2.2: add a third purpose, "email_verify". It needs a lifetime of 24 hours below, and at the end of the file a
    # separate key: the setting `email_token_secret`. Why should each kind of token have its own key?


LIFETIMES = {
    Purpose.ACCESS: timedelta(minutes=30),
    Purpose.REFRESH: timedelta(days=7),
}


class Claims(BaseModel):
    """The claims of a token. `sub` is the user's id, because an e-mail address can later belong to another user."""

    sub: Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
    purpose: Purpose
    jti: str
    iat: datetime
    exp: datetime
    # TODO 2.2: add the address to which a token was sent. Access and refresh tokens have none. `create_token` takes it.


DEMANDED_CLAIMS = [name for name, field in Claims.model_fields.items() if field.is_required()]


def create_token(user_id: int, purpose: Purpose, **more_claims: str) -> str:
    """A signed token with the id of the user and the purpose."""
    issued = clock.now()
    claims = {
        "sub": str(user_id),
        "purpose": purpose,
        "jti": uuid.uuid4().hex,
        "iat": issued,
        "exp": issued + LIFETIMES[purpose],
        **more_claims,
    }
    return jwt.encode(claims, _key(purpose), ALGORITHM)


def read_token(token: str, purpose: Purpose) -> Claims:
    """The claims of a valid token of this purpose that has not expired. Raises Unauthorized."""
    try:
        return _decode(token, purpose)
    except (jwt.InvalidTokenError, ValueError):
        raise Unauthorized("invalid_token", "This token is not valid here or has expired.") from None


def read_mailed_token(token: str, purpose: Purpose) -> Claims:
    """The claims of a token from a message.

    Raises BadRequest, with more detail than `read_token`: a user who follows an old link should know what to do.
    """
    # TODO 2.3: call `_decode`, and raise a BadRequest with one of three codes if it fails.
    # - "expired_token": the link is valid, but too old. Which exception of PyJWT means this? It has a base class that
    #   other errors have too.
    # - "wrong_purpose": a valid token of this application with another purpose, such as an access token. It is signed
    #   with another key, so PyJWT reports a wrong signature. How can your code recognize it?
    # - "invalid_token": everything else, also a ValueError: Claims can refuse a token with a valid signature.
    raise NotImplementedError("Task 2.3: read a token that came by mail")


async def hash_password(password: str) -> str:
    """The hash of a password, for the database. Hashing is slow on purpose, so it runs in a thread."""
    salt = bcrypt.gensalt(get_settings().bcrypt_rounds)
    return (await _in_thread(bcrypt.hashpw, _prehash(password), salt)).decode()


async def password_matches(password: str, stored: str | None) -> bool:
    """Whether `password` belongs to the hash `stored`.

    `stored` is None for an unknown user. The comparison then takes the same time, so that it reveals no account.
    """
    if len(password) > MOST_CHARACTERS:
        return False
    rounds = get_settings().bcrypt_rounds
    hashed = stored or _unknown_hash(rounds)
    matches = await _in_thread(bcrypt.checkpw, _prehash(password), hashed.encode())
    # A hash from before BCRYPT_ROUNDS was raised costs less. Each round doubles the work, so these make up for it.
    for missing in range(int(hashed[4:6]), rounds):
        await _in_thread(bcrypt.checkpw, _prehash(password), _unknown_hash(missing).encode())
    return matches


def _unknown_hash(rounds: int) -> str:
    """A hash that no password has. A comparison with it takes as long as with every other hash of this cost factor."""
    return f"$2b${rounds:02}${'.' * 53}"


def _prehash(password: str) -> bytes:
    """A digest of 44 bytes, because bcrypt reads at most 72. Equal characters always give equal bytes."""
    digest = hashlib.sha256(unicodedata.normalize("NFC", password).encode(errors="surrogatepass")).digest()
    return base64.b64encode(digest)


async def _in_thread(function: Callable[[bytes, bytes], Result], password: bytes, other: bytes) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_threads, function, password, other)


def _decode(token: str, purpose: Purpose) -> Claims:
    """The claims of a token. Raises jwt.InvalidTokenError or ValueError if any part of it is not valid."""
    decoded = jwt.decode(
        token,
        _key(purpose),
        [ALGORITHM],
        # The clock of the server that issued the token may be ahead of ours.
        options={"require": DEMANDED_CLAIMS, "verify_iat": False},
    )
    claims = Claims.model_validate(decoded)
    if claims.purpose != purpose:
        raise jwt.InvalidTokenError
    return claims


def _key(purpose: Purpose) -> str:
    settings = get_settings()
    keys: dict[Purpose, SecretStr] = {
        Purpose.ACCESS: settings.jwt_secret_key,
        Purpose.REFRESH: settings.jwt_refresh_secret,
    }
    return keys[purpose].get_secret_value()
