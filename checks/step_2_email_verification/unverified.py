"""Users whose e-mail address is not verified, and what they may not do."""

import time
from collections.abc import Mapping
from random import Random
from uuid import UUID

from courseware.checking import Answer, Application
from errors import expect_error
from step_2_email_verification.tokens import signed
from users import User, me, new_account

ACCESS_SECONDS = 30 * 60


def unverified_user(application: Application, environment: Mapping[str, str], random: Random) -> User:
    """Somebody whose address is not verified, with an access token all the same, which login does not give them.

    The check signs it as the contract says. An application may demand more of its own tokens than that and take it for
    none at all, so read the refusal with `expect_unverified_refused`.
    """
    account = new_account(random)
    answer = application.send(account.registration).expect_status(201, key="cannot_register")
    token = signed(access_claims(answer.identifier("id"), random), environment["JWT_SECRET_KEY"])
    return User(application, account.email, token)


def access_claims(user_id: object, random: Random) -> dict[str, object]:
    """What an access token says, by the contract."""
    issued = int(time.time())
    jti = UUID(int=random.getrandbits(128)).hex
    return {"sub": str(user_id), "purpose": "access", "jti": jti, "iat": issued, "exp": issued + ACCESS_SECONDS}


def expect_unverified_refused(user: User, answer: Answer, *, key: str) -> None:
    """Fails the check unless the answer to an `unverified_user` is 403 email_not_verified.

    It may be 401 where the application does not take the token for one of its own, and so does not know who asks.
    """
    if me(user.application, user.token).status == 401:
        answer.expect_status(401, key=key)
    else:
        expect_error(answer, 403, code="email_not_verified", key=key)
