"""Passwords and tokens."""

import asyncio
import base64
import hashlib
import os
import unicodedata
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar

import bcrypt
import jwt
from jwt.types import Options
from pydantic import BaseModel, Field, SecretStr

from app.core import clock
from app.core.config import get_settings
from app.core.database import LARGEST_INTEGER
from app.core.errors import BadRequest, Unauthorized

ALGORITHM = "HS256"

_threads = ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 1) // 2), thread_name_prefix="passwords")
"""bcrypt computes without the interpreter's lock, so threads help. They are few: many who log in at the same time must
leave processors to those who are logged in."""

Result = TypeVar("Result")


class Purpose(StrEnum):
    """What a token is for. A token for one purpose must never serve another."""

    ACCESS = "access"
    REFRESH = "refresh"
    EMAIL_VERIFY = "email_verify"


LIFETIMES = {
    Purpose.ACCESS: timedelta(minutes=30),
    Purpose.REFRESH: timedelta(days=7),
    Purpose.EMAIL_VERIFY: timedelta(hours=24),
}


class Claims(BaseModel):
    """What a token says. `sub` is the user's id: an e-mail address may change hands, an id never does."""

    sub: Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
    purpose: Purpose
    jti: str
    iat: datetime
    exp: datetime
    email: str | None = None
    """The address that a token was sent to: it proves nothing about another one."""
    family: str | None = None
    """The `jti` of the first refresh token of a session, in those that came of it."""


DEMANDED_CLAIMS = [name for name, field in Claims.model_fields.items() if field.is_required()]


def create_token(user_id: int, purpose: Purpose, **more_claims: str) -> str:
    """A signed token that says who the user is and what it may be used for."""
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
    """The claims of a token that we issued for `purpose` and that has not expired. Raises Unauthorized."""
    try:
        return _decode(token, purpose)
    except (jwt.InvalidTokenError, ValueError):
        raise Unauthorized("invalid_token", "Invalid token.") from None


def read_mailed_token(token: str, purpose: Purpose) -> Claims:
    """The claims of a token that came back from somebody's mailbox.

    Raises BadRequest, and says more than `read_token`: a person who follows an old link should know what to do.
    """
    try:
        return _decode(token, purpose)
    except jwt.ExpiredSignatureError:
        raise BadRequest("expired_token", "The link is older than 24 hours.") from None
    except (jwt.InvalidTokenError, ValueError):
        if _serves_another_purpose(token):
            raise BadRequest("wrong_purpose", "It is no token for an e-mail address.") from None
        raise BadRequest("invalid_token", "The link cannot be read.") from None


async def hash_password(password: str) -> str:
    """A hash that may be stored. It takes a good part of a second on purpose, so it runs in a thread."""
    salt = bcrypt.gensalt(get_settings().bcrypt_rounds)
    return (await _in_thread(bcrypt.hashpw, _prehash(password), salt)).decode()


async def password_matches(password: str, stored: str | None) -> bool:
    """Whether `password` belongs to the hash `stored`.

    None is the hash of an unknown user. That takes the same time, so that a clock does not tell who has an account.
    """
    rounds = get_settings().bcrypt_rounds
    hashed = stored or _unknown_hash(rounds)
    matches = await _in_thread(bcrypt.checkpw, _prehash(password), hashed.encode())
    # A hash from before BCRYPT_ROUNDS was raised costs less. Each round doubles the work, so these make up for it.
    for missing in range(int(hashed[4:6]), rounds):
        await _in_thread(bcrypt.checkpw, _prehash(password), _unknown_hash(missing).encode())
    return matches


def _unknown_hash(rounds: int) -> str:
    """No password has this hash. To compare with it takes as long as with any other of so many rounds."""
    return f"$2b${rounds:02}${'.' * 53}"


def _prehash(password: str) -> bytes:
    """44 bytes for a password of any length: bcrypt reads 72 at most. The same letters always have the same bytes."""
    digest = hashlib.sha256(unicodedata.normalize("NFC", password).encode(errors="surrogatepass")).digest()
    return base64.b64encode(digest)


async def _in_thread(function: Callable[[bytes, bytes], Result], password: bytes, other: bytes) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_threads, function, password, other)


def _decode(token: str, purpose: Purpose) -> Claims:
    """The claims of a token. Raises jwt.InvalidTokenError or ValueError unless all of it is as we issue it."""
    options: Options = {"require": DEMANDED_CLAIMS, "verify_iat": False}
    claims = Claims.model_validate(jwt.decode(token, _key(purpose), [ALGORITHM], options=options))
    if claims.purpose is purpose:
        return claims
    raise jwt.InvalidTokenError("another purpose")


def _serves_another_purpose(token: str) -> bool:
    for purpose in Purpose:
        with suppress(jwt.InvalidTokenError, ValueError):
            _decode(token, purpose)
            return True
    return False


def _key(purpose: Purpose) -> str:
    settings = get_settings()
    keys: dict[Purpose, SecretStr] = {
        Purpose.ACCESS: settings.jwt_secret_key,
        Purpose.REFRESH: settings.jwt_refresh_secret,
        Purpose.EMAIL_VERIFY: settings.email_token_secret,
    }
    return keys[purpose].get_secret_value()
