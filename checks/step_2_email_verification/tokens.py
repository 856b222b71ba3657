"""Signed tokens (JWT): what an application's tokens say, and tokens that a check makes itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import jwt

from courseware.checking import CheckFailed, JsonData, read_json

SHOWN_CHARACTERS = 60
LAST_MOMENT = 10**11
"""Seconds since 1970 that no token's claim reaches."""


@dataclass(frozen=True)
class Claims(JsonData):
    """What a token says. Reading anything else out of it fails the check."""

    payload: bytes

    @cached_property
    def json(self) -> object:
        try:
            return read_json(self.payload)
        except ValueError:
            raise self.failed("wrong_claims", "claims in JSON", str(self)) from None

    def failed(self, key: str, expected: str, got: str) -> CheckFailed:
        return CheckFailed(key, asked="the token in the link", expected=expected, got=got)

    def __str__(self) -> str:
        return self.payload.decode(errors="replace")


def claims_in(token: str, key: str) -> Claims:
    """What the token says. Fails the check unless it is signed with this key, as the contract demands."""
    try:
        return Claims(jwt.PyJWS().decode(token, key, ["HS256"]))
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError) as error:  # what a header can bring about
        expected = "a JWT, signed by HS256 with EMAIL_TOKEN_SECRET"
        got = f"{token[:SHOWN_CHARACTERS]}…: {error}"
        raise CheckFailed("token_signed_otherwise", asked="the token in the link", expected=expected, got=got) from None


def seconds_in(claims: Claims, name: str) -> float:
    """The moment that a claim such as `exp` names, in seconds since 1970; RFC 7519 allows fractions."""
    value = claims.value(name, key="wrong_claims")
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LAST_MOMENT:
        raise claims.failed(
            "wrong_claims", f"{name} to be a number of seconds", f"{name} = {str(value)[:SHOWN_CHARACTERS]}"
        )
    return float(value)


def signed(claims: Mapping[str, object], key: str, algorithm: str = "HS256") -> str:
    """A token with these claims, signed with this key: by HS256, as the contract says, unless another is given."""
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm)
