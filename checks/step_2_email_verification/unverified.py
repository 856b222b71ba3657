"""Users whose e-mail address is not verified, and what they may not do."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import jwt

from courseware.checking import Answer, Application
from errors import expect_error
from users import User, me, new_account


def unverified_user(application: Application, environment: Mapping[str, str], random: Random) -> User:
    """Somebody whose address is not verified, with an access token all the same, which login does not give them.

    The check signs it as the contract says. An application may demand more of its own tokens than that and take it for
    none at all, so read the refusal with `expect_unverified_refused`.
    """
    account = new_account(random)
    answer = application.send(account.registration).expect_status(201, key="cannot_register")
    token = signed(access_claims(answer.value("id", key="no_id"), random), environment["JWT_SECRET_KEY"])
    return User(application, account.email, token)


def access_claims(user_id: object, random: Random) -> dict[str, object]:
    """What an access token says, by the contract."""
    issued = datetime.now(UTC).replace(microsecond=0)
    jti = UUID(int=random.getrandbits(128)).hex
    return {"sub": str(user_id), "purpose": "access", "jti": jti, "iat": issued, "exp": issued + timedelta(minutes=30)}


def signed(claims: Mapping[str, object], key: str) -> str:
    """A token with these claims, signed with this key as the contract says."""
    return jwt.encode(dict(claims), key, "HS256")


def expect_unverified_refused(user: User, answer: Answer, *, key: str) -> None:
    """Fails the check unless the answer to an `unverified_user` is 403 email_not_verified.

    It may be 401 where the application does not take the token for one of its own, and so does not know who asks.
    """
    if me(user.application, user.token).status == 401:
        answer.expect_status(401, key=key)
    else:
        expect_error(answer, 403, code="email_not_verified", key=key)
