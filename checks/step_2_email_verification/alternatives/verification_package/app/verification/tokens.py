"""The tokens in links."""

import time
import uuid
from dataclasses import dataclass

import jwt

from app.core.config import get_settings
from app.core.errors import BadRequest

KIND = "email_verify"
LIFETIME = 86_400


@dataclass(frozen=True)
class Claim:
    """Who claims which address."""

    user_id: int
    address: str


def issue(claim: Claim) -> str:
    """A token for a link."""
    now = int(time.time())
    payload = {
        "jti": str(uuid.uuid4()),
        "sub": str(claim.user_id),
        "address": claim.address,
        "purpose": KIND,
        "iat": now,
        "exp": now + LIFETIME,
    }
    return jwt.encode(payload, _key(), "HS256")


def read(token: str) -> Claim:
    """What the token in a link claims."""
    try:
        told = jwt.decode(token, options={"verify_signature": False})
        if told.get("purpose") in ("access", "refresh"):
            raise BadRequest("wrong_purpose", "That is no link of ours.")
        payload = jwt.decode(
            token, _key(), algorithms=["HS256"], options={"require": ["exp", "iat", "jti", "sub", "purpose"]}
        )
        if payload["purpose"] != KIND:
            raise BadRequest("wrong_purpose", "That is no link of ours.")
        return Claim(int(payload["sub"]), str(payload["address"]))
    except jwt.ExpiredSignatureError:
        raise BadRequest("expired_token", "Too late. You can ask for another link.") from None
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError):
        raise BadRequest("invalid_token", "That is no link of ours.") from None


def _key() -> str:
    return get_settings().email_token_secret.get_secret_value()
